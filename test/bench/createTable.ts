import { DuckDBInstance } from '@duckdb/node-api';
import { quoteText } from '../../src/adapters/duckdb/quote.ts';

/**
 * DuckDB's own way to load a folder of Parquet files, as it comes: `node createTable.ts FOLDER
 * DATABASE`.
 */
const [folder = '', database = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create(database);
const connection = await instance.connect();
await connection.run(`create table loaded as select * from read_parquet(${quoteText(`${folder}/*.parquet`)})`);
connection.closeSync();
instance.closeSync();
