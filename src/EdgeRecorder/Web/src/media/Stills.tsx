import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, get, Problem } from '../api/client';
import { boxNow } from '../api/clock';
import type { Timeline } from '../api/types';
import { iso } from '../timeline/useTimeline';

const everyMs = 1000;
const recentMs = 10_000;                                    // "now" for the recorder is a little more
const laterMs = 5000;
const notImplemented = 501;

/** Set once the recorder has said that it cannot decode pictures: nothing is asked of it again. */
let unable = false;

interface Properties {
    channel: string;
    /** Pixels; what is wider is scaled down by the recorder. */
    width: number;
    onPicture: () => void;
}

/** The newest recorded picture, once a second, for a browser that has no decoder for the live ones. Only of what is recorded, so that no request is in vain; ends when it goes. */
export function Stills({ channel, width, onPicture }: Properties) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const [shown, setShown] = useState(false);
    useEffect(() => {
        const stop = new AbortController();
        void follow(channel, width, stop.signal, picture => {
            const target = canvas.current;
            if (!target)
                return;
            if (target.width !== picture.width || target.height !== picture.height)
                [target.width, target.height] = [picture.width, picture.height];
            target.getContext('2d')?.drawImage(picture, 0, 0);
            setShown(true);
            onPicture();
        });
        return () => stop.abort();
    }, [channel, width]);
    return <canvas ref={canvas} class={shown ? 'still shown' : 'still'} />;
}

async function follow(channel: string, width: number, stop: AbortSignal, draw: (picture: ImageBitmap) => void): Promise<void> {
    const path = `channels/${encodeURIComponent(channel)}`;
    let known = false;
    while (!stop.aborted && !unable)
        try {
            const began = performance.now();
            known ||= await isFilled(path, stop);
            if (known) {
                // Drawn, not put into an <img>: pictures from `blob:` are what the Content-Security-Policy refuses.
                const picture = await createImageBitmap(await (await ask('GET', `${path}/still.jpg?width=${width}`, undefined, stop)).blob());
                if (!stop.aborted)
                    draw(picture);
                picture.close();
            }
            await pause(Math.max(0, everyMs - (performance.now() - began)), stop);
        } catch (fault) {
            if (stop.aborted)
                return;
            unable = fault instanceof Problem && fault.status === notImplemented;
            known = false;
            await pause(laterMs, stop);
        }
}

async function isFilled(path: string, stop: AbortSignal): Promise<boolean> {
    const now = boxNow();
    return (await get<Timeline>(`${path}/timeline?from=${iso(now - recentMs)}&to=${iso(now)}`, stop)).spans.length > 0;
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
    return new Promise(resolve => {
        const timer = window.setTimeout(resolve, ms);
        stop.addEventListener('abort', () => {
            window.clearTimeout(timer);
            resolve();
        }, { once: true });
    });
}
