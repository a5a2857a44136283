import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The public surface of one entry as text: every exported declaration, then every declaration that those mention, without
 * comments and sorted by name. File names are left out, so moving a file changes nothing here.
 *
 * It reads emitted declaration files, because TypeScript 7 has no JavaScript API.
 *
 * @param index the entry's emitted `index.d.ts`.
 * @throws Error for a form of export that it cannot follow.
 */
export function apiReport(index: string): string {
  const modules = new Modules();
  const exported = new Map<Declaration, string>();
  for (const name of modules.at(index).exportedNames()) {
    exported.set(modules.exportOf(index, name), name);
  }
  const [mentioned, imported] = modules.reachableFrom([...exported.keys()]);
  const own = [...exported].map(([declaration, name]) => ({
    name,
    text: declaration.name === name ? declaration.text : `// exported as ${name}\n${declaration.text}`,
  }));
  const others = mentioned.filter((declaration) => !exported.has(declaration));
  return [
    ...[`# ${exported.size} exports`, "", fenced(own)],
    ...["", `# ${others.length} declarations that they mention`, "", fenced(others)],
    ...["", `# ${imported.length} types of other packages`, "", ...imported.map((line) => `- ${line}`), ""],
  ].join("\n");
}

const fenced = (declarations: readonly { readonly name: string; readonly text: string }[]): string => {
  const texts = declarations
    .map(({ name, text }) => ({ name, text: text.replace(/^export /gm, "") }))
    .sort((a, b) => compare(a.name, b.name) || compare(a.text, b.text));
  return `\`\`\`ts\n${texts.map(({ text }) => text).join("\n\n")}\n\`\`\``;
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Declaration {
  readonly file: string;
  readonly name: string;
  readonly text: string;
}

/** The source of a name: `name` in the module `from`. */
interface Source {
  readonly from: string;
  readonly name: string;
}

class Modules {
  readonly #read = new Map<string, Module>();

  at(file: string): Module {
    const known = this.#read.get(file);
    if (known !== undefined) return known;
    const module = new Module(file);
    this.#read.set(file, module);
    return module;
  }

  exportOf(file: string, name: string): Declaration {
    const found = this.#resolve(file, name);
    if (found === undefined || "from" in found) throw new Error(`${file} exports ${name}, which it does not declare`);
    return found;
  }

  /** Everything that these declarations mention, directly or through others, and the names of other packages. */
  reachableFrom(roots: readonly Declaration[]): readonly [readonly Declaration[], readonly string[]] {
    const reached = new Set(roots);
    const imported = new Set<string>();
    for (const { file, name, text } of reached) {
      for (const word of new Set(text.match(/[A-Za-z_$][\w$]*/g))) {
        const found = word === name ? undefined : this.#resolve(file, word);
        if (found === undefined) continue;
        if ("from" in found) imported.add(`${found.from}: ${found.name}`);
        else reached.add(found);
      }
    }
    return [[...reached], [...imported].sort(compare)];
  }

  #resolve(file: string, name: string): Declaration | Source | undefined {
    const module = this.at(file);
    const declared = module.declarations.get(name);
    if (declared !== undefined) return declared;
    const source = module.imports.get(name) ?? module.reexports.get(name);
    if (source === undefined || !source.from.startsWith(".")) return source;
    return this.#resolve(declarationsOf(join(dirname(file), source.from)), source.name);
  }
}

/** The emitted declaration file for the name of a source in an import. */
function declarationsOf(source: string): string {
  const file = source.replace(/\.[tj]s$/, ".d.ts");
  if (!existsSync(file)) throw new Error(`There are no declarations ${file}`);
  return file;
}

const DECLARATION =
  /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const|let|var|enum|namespace) ([\w$]+)/;

class Module {
  readonly declarations = new Map<string, Declaration>();
  readonly imports = new Map<string, Source>();
  readonly reexports = new Map<string, Source>();

  constructor(file: string) {
    for (const text of statementsOf(readFileSync(file, "utf8"))) {
      const name = DECLARATION.exec(text)?.[1];
      if (name !== undefined) {
        // Overloads of a function are several declarations of one name.
        const before = this.declarations.get(name);
        this.declarations.set(name, { file, name, text: before === undefined ? text : `${before.text}\n${text}` });
      } else {
        this.#link(file, text);
      }
    }
  }

  exportedNames(): readonly string[] {
    return [
      ...this.reexports.keys(),
      ...[...this.declarations.values()].filter(({ text }) => text.startsWith("export ")).map(({ name }) => name),
    ];
  }

  #link(file: string, text: string): void {
    if (text === "export {};" || /^import "/.test(text)) return;
    const [, kind, names, from] = /^(import|export) (?:type )?\{([^}]*)\} from "([^"]+)";$/s.exec(text) ?? [];
    if (kind === undefined || names === undefined || from === undefined) {
      throw new Error(`${file} has a statement that the report cannot follow: ${text}`);
    }
    for (const each of names.split(",").map((part) => part.trim().replace(/^type /, ""))) {
      if (each === "") continue;
      const [name = each, alias = name] = each.split(" as ");
      (kind === "import" ? this.imports : this.reexports).set(alias, { from, name });
    }
  }
}

/** A string, a comment, or a character that opens or closes something or ends a statement. */
const TOKEN = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*|[\s\S]/g;
const BLOCK = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|enum|namespace) /;

/** The statements of a declaration file at its top level, without comments and empty lines. */
function statementsOf(source: string): readonly string[] {
  const statements: string[] = [];
  let text = "";
  let depth = 0;
  for (const [token] of source.matchAll(TOKEN)) {
    if (token.startsWith("/*") || token.startsWith("//")) continue;
    text += token;
    if ("({[".includes(token)) depth += 1;
    if (")}]".includes(token)) depth -= 1;
    if (depth === 0 && (token === ";" || (token === "}" && BLOCK.test(text.trimStart())))) {
      statements.push(text.trim().replace(/[ \t]*\n(?:[ \t]*\n)*/g, "\n"));
      text = "";
    }
  }
  if (text.trim() !== "") throw new Error(`A declaration file ends inside a statement: ${text.trim()}`);
  return statements;
}
