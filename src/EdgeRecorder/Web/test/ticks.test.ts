import { afterEach, describe, expect, it } from 'vitest';
import { stepFor, ticks } from '../src/timeline/ticks';

const minute = 60_000;
const hour = 60 * minute;
const zone = process.env['TZ'] ?? 'UTC';

afterEach(() => { process.env['TZ'] = zone; });

const inZone = (name: string) => { process.env['TZ'] = name; };
const local = (time: number) => { const at = new Date(time); return `${at.getHours()}:${String(at.getMinutes()).padStart(2, '0')}`; };

describe('ticks of the timeline', () => {
    it('are at round steps, never more than there is room for', () => {
        expect(stepFor(minute, 12)).toBe(5_000);
        expect(stepFor(24 * hour, 12)).toBe(2 * hour);
        expect(stepFor(31 * 24 * hour, 8)).toBe(4 * 24 * hour);
        inZone('UTC');
        for (const span of [minute, 17 * minute, hour, 6 * hour, 24 * hour, 9 * 24 * hour])
            for (const most of [3, 8, 14])
                expect(ticks({ from: 1_769_900_123_456, to: 1_769_900_123_456 + span }, most).length).toBeLessThanOrEqual(most + 1);
    });

    it('are at full local hours, also where the zone is off by a quarter', () => {
        inZone('Asia/Kathmandu');
        const from = Date.UTC(2026, 0, 31, 3, 7);
        expect(ticks({ from, to: from + 6 * hour }, 12).every(t => /:(00|30)$/.test(local(t.time)))).toBe(true);
        expect(ticks({ from, to: from + 24 * hour }, 12).every(t => local(t.time).endsWith(':00'))).toBe(true);
    });

    it('walk through the days on which clocks are changed', () => {
        inZone('Europe/Berlin');
        for (const day of [new Date(2026, 2, 29), new Date(2026, 9, 25)]) {          // 23 and 25 hours long
            const next = new Date(day);
            next.setDate(day.getDate() + 1);
            const found = ticks({ from: day.getTime(), to: next.getTime() }, 12);
            const hours = stepFor(next.getTime() - day.getTime(), 12) / hour;
            expect(found.at(0)).toEqual({ time: day.getTime(), midnight: true });
            expect(found.at(-1)).toEqual({ time: next.getTime(), midnight: true });
            expect(found.every((t, i) => i === 0 || t.time > found[i - 1]!.time)).toBe(true);
            expect(found.filter(t => new Date(t.time).getHours() % hours !== 0).length).toBeLessThanOrEqual(1);
        }
    });
});
