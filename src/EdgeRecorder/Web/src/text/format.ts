import type { Catalogue } from './en';
import { text } from './language';

/** Sizes as disks are sold: powers of ten. */
export function bytes(count: number): string {
    const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
    let unit = 0;
    while (count >= 999.5 && unit < units.length - 1) {
        count /= 1000;
        unit++;
    }
    return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
}

export function bitRate(perSecond: number): string {
    return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(1)} Mb/s` : `${Math.round(perSecond / 1000)} kb/s`;
}

/** The two largest units: 3 d 4 h, 5 min 12 s. */
export function duration(ms: number, words: Catalogue = text.value): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts: [number, (n: number) => string][] = [
        [Math.floor(seconds / 86400), words.unit.days], [Math.floor(seconds / 3600) % 24, words.unit.hours],
        [Math.floor(seconds / 60) % 60, words.unit.minutes], [seconds % 60, words.unit.seconds]];
    const first = parts.findIndex(([n]) => n > 0);
    return first < 0 ? words.unit.seconds(0) : parts.slice(first, first + 2).filter(([n], i) => i === 0 || n > 0).map(([n, say]) => say(n)).join(' ');
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const locale = text.value.locale === 'en' ? 'en-GB' : text.value.locale;       // 24 hours, day before month
    const key = `${locale} ${kind}`;
    let made = formats.get(key);
    if (!made)
        formats.set(key, made = new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options }));
    return made;
}

export const clockTime = (ms: number) => format('time', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
export const shortTime = (ms: number) => format('short', { hour: '2-digit', minute: '2-digit' }).format(ms);
export const day = (ms: number) => format('day', { weekday: 'short', day: 'numeric', month: 'short' }).format(ms);
export const dayAndTime = (ms: number) => format('both', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
export const fullTime = (ms: number) => format('full', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);

/** The time alone when it is of today, else with its day. */
export function whenOf(ms: number, now: number): string {
    return new Date(ms).toDateString() === new Date(now).toDateString() ? clockTime(ms) : dayAndTime(ms);
}
