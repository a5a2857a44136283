/** The folder of this file. The construct is packed as CommonJS and runs as an ES module here: only this form is right in both. */
exports.OWN_FOLDER = __dirname;
