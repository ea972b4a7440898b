import type { Alarm, Position } from '../api/types';
import type { Catalogue } from '../text/en';

/** 31.23042° N, 121.47370° E. */
export function placeOf(position: Position): string {
    const part = (value: number, positive: string, negative: string) => `${Math.abs(value).toFixed(5)}° ${value < 0 ? negative : positive}`;
    return `${part(position.latitude, 'N', 'S')}, ${part(position.longitude, 'E', 'W')}`;
}

/** An alarm in words; the recorder's own word where the catalogue has none. */
export function alarmText(alarm: Alarm, words: Catalogue): string {
    const kinds: Record<string, string> = words.alarm;
    const says = kinds[alarm.kind] ?? alarm.kind;
    return alarm.channel === null ? says : words.devices.ofChannel(says, alarm.channel);
}
