#!/bin/sh
# Lints the synthesized templates, and those of a release, with AWS's own linter, from PyPI.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/cfn-lint"
"$work/cfn-lint/bin/pip" install --quiet 'cfn-lint==1.*'
npx --no-install cdk synth --quiet --output "$work/synth"
npm run --silent release:assets -- --output "$work/release"
"$work/cfn-lint/bin/cfn-lint" "$work"/synth/*.template.json "$work"/release/*.template.json
