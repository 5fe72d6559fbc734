/** Sees each call of a method, and answers in its place: by making the call, or by throwing. */
export type Interceptor = (method: string, call: () => unknown) => unknown;

/** An object whose method calls go through an interceptor. The methods run on the object itself. */
export function intercepted<Target extends object>(target: Target, intercept: Interceptor): Target {
  return new Proxy(target, {
    get(object, property) {
      const member: unknown = Reflect.get(object, property, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => intercept(String(property), () => member.apply(object, args));
    },
  });
}

/** An object whose calls are counted by method. */
export function counted<Target extends object>(target: Target): { target: Target; calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const count: Interceptor = (method, call) => {
    calls[method] = (calls[method] ?? 0) + 1;
    return call();
  };
  return { target: intercepted(target, count), calls };
}

/** An object on which one method always throws. */
export function refusing<Target extends object>(target: Target, refused: keyof Target & string, error: Error): Target {
  return intercepted(target, (method, call) => {
    if (method === refused) throw error;
    return call();
  });
}

/** The process died. */
export class CutOff extends Error {
  override readonly name = 'CutOff';
}

/**
 * Cuts a process off at its `nth` effect (from 1), before it happens or when it has happened and
 * nobody has heard. What is wrapped with one cut counts together; `happened` says whether there was
 * such an effect.
 */
export function cutAt(
  nth: number,
  moment: 'before' | 'after',
): { readonly wrap: <Target extends object>(target: Target) => Target; readonly happened: () => boolean } {
  let effects = 0;
  const intercept: Interceptor = (method, call) => {
    effects += 1;
    if (effects !== nth) return call();
    // A listing is read while it is iterated: only its beginning can be cut here.
    if (moment === 'before' || method === 'list') throw new CutOff(`before ${method}`);
    const die = (): never => {
      throw new CutOff(`after ${method}`);
    };
    return Promise.resolve(call()).then(die, die);
  };
  return { wrap: (target) => intercepted(target, intercept), happened: () => effects >= nth };
}
