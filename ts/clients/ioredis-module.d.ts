/**
 * Stands for ioredis where the library's types are checked and built, which must not depend on it (tsconfig.library.json).
 *
 * @module
 */
export {};
