import type { Json, Resource, Template } from './template.ts';

/** What a template must keep to. */
export interface Rule {
  readonly name: string;
  /** Where a template does not keep to it, and how. */
  readonly violations: (template: Template) => string[];
  /** Each breaks the rule in a template that keeps to it. */
  readonly breaks: readonly ((template: Template) => void)[];
}

/**
 * Puts a value at a path such as `CopyQueue.Properties.VisibilityTimeout`; undefined takes away
 * what is there.
 */
export function set(path: string, value: Json | undefined): (template: Template) => void {
  return ({ Resources }) => {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const holder = names.reduce<unknown>((part, name) => {
      const next = typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined;
      if (next === undefined) throw new Error(`the template has nothing at ${path}`);
      return next;
    }, Resources);
    if (typeof holder !== 'object' || holder === null) throw new Error(`the template has nothing at ${path}`);
    if (value === undefined) Reflect.deleteProperty(holder, last);
    else Reflect.set(holder, last, value);
  };
}

/** Adds a resource. */
export function add(id: string, resource: Resource): (template: Template) => void {
  return ({ Resources }) => {
    Resources[id] = resource;
  };
}

/** Takes a resource away. */
export function take(id: string): (template: Template) => void {
  return ({ Resources }) => {
    if (!(id in Resources)) throw new Error(`the template has no ${id}`);
    delete Resources[id];
  };
}
