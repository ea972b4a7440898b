import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { StreamName } from '../api/types';
import type { Latency } from './edge';
import { LivePlayer, nothingYet, type LiveView, type Tracks } from './live';

/** Whether the element is on the screen: in the visible part of the page, and the page itself shown. */
export function useOnScreen(element: RefObject<HTMLElement>): boolean {
    const [inView, setInView] = useState(false);
    const [shown, setShown] = useState(!document.hidden);
    useEffect(() => {
        const seen = new IntersectionObserver(entries => setInView(entries.some(e => e.isIntersecting)), { rootMargin: '80px' });
        if (element.current)
            seen.observe(element.current);
        const visibility = () => setShown(!document.hidden);
        document.addEventListener('visibilitychange', visibility);
        return () => {
            seen.disconnect();
            document.removeEventListener('visibilitychange', visibility);
        };
    }, []);
    return inView && shown;
}

/**
 * Plays live into the video element while `on`; anew where the browser lacked a codec and the camera has changed to another. `codec` is the camera's as last seen; `lacking` says that the stream
 * is known to come in one that the browser lacks.
 */
export function useLive(video: RefObject<HTMLVideoElement>, channel: string, stream: StreamName, tracks: Tracks, pace: Latency, on: boolean, codec: string, lacking: boolean): LiveView {
    const [view, setView] = useState<LiveView>(nothingYet);
    const [attempt, setAttempt] = useState(0);
    const latest = useRef(lacking);
    latest.current = lacking;
    useEffect(() => {
        if (!on || !video.current)
            return;
        const player = new LivePlayer(video.current, channel, stream, tracks, pace, () => latest.current, setView);
        player.start();
        return () => {
            player.stop();
            setView(nothingYet);
        };
    }, [channel, stream, tracks, pace, on, attempt]);
    useEffect(() => {
        if (view.phase === 'unsupported')
            setAttempt(n => n + 1);
    }, [codec]);
    return view;
}
