/** esbuild takes styles out of the program and puts them into a file of their own. */
declare module "*.css";
