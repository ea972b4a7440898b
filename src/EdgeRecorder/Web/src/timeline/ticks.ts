import type { View } from './scale';

export interface Tick {
    time: number;
    /** A new day of the browser's time zone begins. */
    midnight: boolean;
}

const minute = 60_000;
const hour = 60 * minute;
const steps = [5_000, 10_000, 15_000, 30_000, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour];

/** The distance of labelled ticks, so that there are at most `most` of them. A day and more is counted in days. */
export function stepFor(span: number, most: number): number {
    const least = span / Math.max(1, most);
    return steps.find(step => step >= least) ?? Math.ceil(least / (24 * hour)) * 24 * hour;
}

/**
 * Ticks at round local times. Steps of an hour and more walk through the local calendar, since a day may have 23 or 25 hours;
 * shorter ones are even in every zone, whose offsets are multiples of a quarter of an hour.
 */
export function ticks(view: View, most: number): Tick[] {
    const step = stepFor(view.to - view.from, most);
    const found: Tick[] = [];
    if (step < hour) {
        const zone = new Date(view.from).getTimezoneOffset() * minute;
        for (let time = Math.ceil((view.from - zone) / step) * step + zone; time <= view.to; time += step)
            found.push({ time, midnight: isMidnight(time) });
        return found;
    }
    const day = new Date(view.from);
    day.setHours(0, 0, 0, 0);
    const days = Math.max(1, Math.round(step / (24 * hour)));
    for (; day.getTime() <= view.to; day.setDate(day.getDate() + days)) {
        const date = [day.getFullYear(), day.getMonth(), day.getDate()] as const;
        for (let h = 0; h < 24; h += Math.min(24, step / hour)) {
            const time = new Date(...date, h).getTime();
            if (time >= view.from && time <= view.to && found.at(-1)?.time !== time)
                found.push({ time, midnight: h === 0 });
        }
    }
    return found;
}

function isMidnight(time: number): boolean {
    const at = new Date(time);
    return at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;
}
