import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/client';
import { boxNow } from '../api/clock';
import { poll } from '../api/poll';
import type { Timeline } from '../api/types';
import { spanOf, type View } from './scale';

const settleMs = 120;                                       // while somebody zooms, not every step asks
const againMs = 3000;

/** What the recorder has around the view: a view's length more on both sides, so that moving shows no edge. */
export function useTimeline(channel: string, view: View): { timeline: Timeline | null; refresh: () => void } {
    const [timeline, setTimeline] = useState<Timeline | null>(null);
    const [asked, setAsked] = useState(0);
    // In steps of half a view, so that most moves need no new answer.
    const step = Math.max(30_000, 2 ** Math.round(Math.log2(spanOf(view) / 2)));
    const from = Math.floor(view.from / step - 2) * step;
    const to = Math.ceil(view.to / step + 2) * step;
    useEffect(() => {
        let end = () => {};
        const ask = async (stop: AbortSignal) => {
            setTimeline(await get<Timeline>(`channels/${encodeURIComponent(channel)}/timeline?from=${iso(from)}&to=${iso(to)}`, stop));
        };
        const settled = window.setTimeout(() => { end = poll(to > boxNow() ? againMs : againMs * 10, ask); }, timeline ? settleMs : 0);
        return () => {
            window.clearTimeout(settled);
            end();
        };
    }, [channel, from, to, asked]);
    return { timeline, refresh: () => setAsked(n => n + 1) };
}

export function iso(ms: number): string {
    return new Date(ms).toISOString();
}
