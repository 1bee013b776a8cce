/** What an import of a wasm file gives on platforms that compile it ahead. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
