import type { Gap, Span, Timeline } from '../api/types';
import { xOf, type View } from './scale';

/** A piece of the timeline in pixels. Several spans that lie within one pixel are one bar. */
export interface Bar {
    x: number;
    width: number;
    from: number;
    to: number;
}

export interface GapBar extends Bar {
    gap: Gap;
}

const leastWidth = 1.5;                                     // narrower and nobody would see a hole of a second in a day

export function spanBars(spans: Span[], view: View, width: number, locked: boolean): Bar[] {
    const bars: Bar[] = [];
    for (const span of spans) {
        if (locked && !span.locked)
            continue;
        const bar = barOf(Date.parse(span.from), Date.parse(span.to), view, width);
        if (!bar)
            continue;
        const last = bars.at(-1);
        if (last && bar.x - (last.x + last.width) < 0.25) {
            last.width = Math.max(last.width, bar.x + bar.width - last.x);
            last.to = bar.to;
        } else {
            bars.push(bar);
        }
    }
    return bars;
}

/** Gaps, the lasting one up to now; each wide enough to be seen and hovered. */
export function gapBars(gaps: Gap[], view: View, width: number, now: number): GapBar[] {
    const bars: GapBar[] = [];
    for (const gap of gaps) {
        const bar = barOf(Date.parse(gap.from), gap.to === null ? now : Date.parse(gap.to), view, width);
        if (!bar)
            continue;
        const last = bars.at(-1);
        if (last && last.gap.reason === gap.reason && bar.x + bar.width - last.x < leastWidth)
            continue;                                       // the same again within a pixel
        bars.push({ ...bar, width: Math.max(leastWidth, bar.width), gap });
    }
    return bars;
}

function barOf(from: number, to: number, view: View, width: number): Bar | null {
    if (to <= view.from || from >= view.to)
        return null;
    const x = Math.max(0, xOf(view, from, width));
    return { x, width: Math.max(0.5, Math.min(width, xOf(view, to, width)) - x), from, to };
}

/** Where footage goes on from `time` on: `time` itself when there is some, the next span's begin otherwise, null when nothing follows. */
export function nextFootage(timeline: Timeline, time: number): number | null {
    for (const span of timeline.spans) {
        if (Date.parse(span.to) <= time)
            continue;
        return Math.max(time, Date.parse(span.from));
    }
    return null;
}

/** Milliseconds of footage in a range. */
export function footageIn(spans: Span[], from: number, to: number): number {
    return spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, Date.parse(span.to)) - Math.max(from, Date.parse(span.from))), 0);
}
