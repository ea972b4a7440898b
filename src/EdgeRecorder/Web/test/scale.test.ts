import { describe, expect, it } from 'vitest';
import { center, longest, move, shortest, spanOf, timeAt, upToNow, xOf, zoom } from '../src/timeline/scale';

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 31, 12);
const view = { from: now - 2 * hour, to: now - hour };

describe('the scale of the timeline', () => {
    it('turns pixels into time and back', () => {
        expect(timeAt(view, 250, 1000)).toBe(view.from + hour / 4);
        expect(xOf(view, timeAt(view, 333, 1000), 1000)).toBeCloseTo(333, 6);
    });

    it('keeps the instant under the pointer where it is while zooming', () => {
        const anchor = timeAt(view, 700, 1000);
        for (const factor of [0.1, 0.5, 0.9, 1.5])
            expect(xOf(zoom(view, factor, anchor, now), anchor, 1000)).toBeCloseTo(700, 6);
    });

    it('zooms from a minute to a month and no further', () => {
        let closest = view;
        let farthest = view;
        for (let i = 0; i < 100; i++) {
            closest = zoom(closest, 0.5, view.from, now);
            farthest = zoom(farthest, 2, view.from, now);
        }
        expect(spanOf(closest)).toBe(shortest);
        expect(spanOf(farthest)).toBe(longest);
    });

    it('does not move far into the future', () => {
        expect(move(view, 100 * hour, now).to).toBeLessThanOrEqual(now + hour);
        expect(spanOf(move(view, 100 * hour, now))).toBe(hour);
        expect(move(view, -100 * hour, now).from).toBe(view.from - 100 * hour);
    });

    it('centers an instant and follows now', () => {
        expect(center(view, now - 5 * hour, now)).toEqual({ from: now - 5.5 * hour, to: now - 4.5 * hour });
        const latest = upToNow(hour, now);
        expect(latest.from).toBeLessThan(now);
        expect(latest.to).toBeGreaterThan(now);
    });
});
