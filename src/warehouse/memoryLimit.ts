/** Less is too little for DuckDB to load a report at all. */
export const MIN_MEMORY_LIMIT_BYTES = 256 * 1024 ** 2;
