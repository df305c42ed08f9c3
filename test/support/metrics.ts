/** The metrics of a process (Prometheus' text format). */
export interface Metrics {
  /** The values of all series of that name that have these labels. */
  values(name: string, labels?: Record<string, string | number>): number[];
  text: string;
}

export async function metricsOf(url: string): Promise<Metrics> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return {
    text,
    values: (name, labels = {}) =>
      text
        .split('\n')
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
        .map((line) => Number(line.split(' ').at(-1))),
  };
}
