/** What part of time is on the screen, in ms since 1970. */
export interface View {
    from: number;
    to: number;
}

export const shortest = 60_000;
export const longest = 31 * 86_400_000;
const hoursAhead = 3_600_000;                               // how far beyond now one can move

export const spanOf = (view: View) => view.to - view.from;

export function timeAt(view: View, x: number, width: number): number {
    return view.from + x / width * spanOf(view);
}

export function xOf(view: View, time: number, width: number): number {
    return (time - view.from) / spanOf(view) * width;
}

/** Zooms by `factor` (less than 1: closer) so that `anchor` stays where it is. */
export function zoom(view: View, factor: number, anchor: number, now: number): View {
    const span = Math.min(longest, Math.max(shortest, spanOf(view) * factor));
    const from = anchor - (anchor - view.from) / spanOf(view) * span;
    return bounded({ from, to: from + span }, now);
}

export function move(view: View, by: number, now: number): View {
    return bounded({ from: view.from + by, to: view.to + by }, now);
}

/** The same length around `time`. */
export function center(view: View, time: number, now: number): View {
    return bounded({ from: time - spanOf(view) / 2, to: time + spanOf(view) / 2 }, now);
}

/** A view of that length which ends a little after now. */
export function upToNow(span: number, now: number): View {
    return { from: now - span * 0.92, to: now + span * 0.08 };
}

function bounded(view: View, now: number): View {
    const excess = view.to - Math.max(now + Math.min(hoursAhead, spanOf(view) / 2), now);
    return excess > 0 ? { from: view.from - excess, to: view.to - excess } : view;
}
