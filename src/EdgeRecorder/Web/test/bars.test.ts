import { describe, expect, it } from 'vitest';
import type { Gap, Span } from '../src/api/types';
import { footageIn, gapBars, nextFootage, spanBars } from '../src/timeline/bars';

const start = Date.UTC(2026, 0, 31, 12);
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
const span = (from: number, to: number, locked = false): Span => ({ from: at(from), to: at(to), bytes: 1, locked });
const gap = (from: number, to: number | null, reason: Gap['reason']): Gap => ({ from: at(from), to: to === null ? null : at(to), reason });
const view = { from: start, to: start + 1000_000 };

describe('bars of the timeline', () => {
    it('stand where their spans are, cut at the edges', () => {
        expect(spanBars([span(-100, 100), span(500, 2000)], view, 1000, false)).toMatchObject([{ x: 0, width: 100 }, { x: 500, width: 500 }]);
    });

    it('are one where spans touch, and stay apart where a hole can be seen', () => {
        expect(spanBars([span(0, 100), span(100, 200), span(202, 300)], view, 1000, false)).toHaveLength(2);
        expect(spanBars(Array.from({ length: 86_400 }, (_, i) => span(i * 10, i * 10 + 9.9)), { from: start, to: start + 864_000_000 }, 1000, false).length).toBeLessThan(10);
    });

    it('show what is locked by itself', () => {
        expect(spanBars([span(0, 100), span(100, 200, true)], view, 1000, true)).toMatchObject([{ x: 100, width: 100 }]);
    });

    it('make a hole of a second wide enough to be seen in a day, and let the lasting one end now', () => {
        const day = { from: start, to: start + 86_400_000 };
        const bars = gapBars([gap(100, 101, 'restart'), gap(40_000, null, 'offline')], day, 1000, start + 43_200_000);
        expect(bars[0]!.width).toBeGreaterThanOrEqual(1.5);
        expect(bars[1]!.x + bars[1]!.width).toBeCloseTo(500, 3);
    });
});

describe('what there is at an instant', () => {
    const timeline = { spans: [span(0, 100), span(200, 300)], gaps: [] };

    it('is the instant itself, or where footage goes on', () => {
        expect(nextFootage(timeline, start + 50_000)).toBe(start + 50_000);
        expect(nextFootage(timeline, start + 100_000)).toBe(start + 200_000);
        expect(nextFootage(timeline, start - 5_000)).toBe(start);
        expect(nextFootage(timeline, start + 300_000)).toBeNull();
    });

    it('is counted in a range', () => {
        expect(footageIn(timeline.spans, start + 50_000, start + 250_000)).toBe(100_000);
        expect(footageIn(timeline.spans, start + 120_000, start + 150_000)).toBe(0);
    });
});
