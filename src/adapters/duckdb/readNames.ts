/** A name as DuckDB compares it: only ASCII letters lose their case. */
export function lowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * The names under which DuckDB 1.5 reads the columns of one Parquet file. Names that differ only in
 * case are one to it, so it appends to each repetition how often the name was there before, and
 * looks again: `q`, `Q`, `q_1` are read as `q`, `Q_1`, `q_1_1`. Whoever asked for `q_1` by its own
 * name would be given the values of `Q`.
 */
export function readNames(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    let readName = name;
    for (;;) {
      const count = counts.get(lowerCase(readName)) ?? 0;
      counts.set(lowerCase(readName), count + 1);
      if (count === 0) return readName;
      readName = `${readName}_${count}`;
    }
  });
}
