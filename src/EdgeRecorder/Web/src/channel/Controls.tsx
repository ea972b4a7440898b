import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { Icon } from '../parts/Icon';
import { fullTime } from '../text/format';
import { text } from '../text/language';

interface Properties {
    video: RefObject<HTMLVideoElement>;
    stage: RefObject<HTMLElement>;
    /** Null while live. */
    instant: number | null;
    now: number;
    speed: number;
    onSpeed: (speed: number) => void;
    muted: boolean;
    onMuted: (muted: boolean) => void;
    hasSound: boolean;
    onSeek: (instant: number) => void;
    onLive: () => void;
}

const speeds = [0.25, 0.5, 1, 2, 4, 8];

export function Controls({ video, stage, instant, now, speed, onSpeed, muted, onMuted, hasSound, onSeek, onLive }: Properties) {
    const words = text.value.channel;
    const paused = usePaused(video, instant !== null);
    const at = instant ?? now;
    return (
        <div class="controls" role="toolbar" aria-label={words.play}>
            {instant !== null && (
                <button type="button" class="quiet" aria-label={paused ? words.play : words.pause} title={paused ? words.play : words.pause}
                    onClick={() => { if (paused) video.current?.play().catch(() => undefined); else video.current?.pause(); }}>
                    <Icon name={paused ? 'play' : 'pause'} />
                </button>
            )}
            <button type="button" class="quiet" aria-label={words.back10} title={words.back10} onClick={() => onSeek(at - 10_000)}><Icon name="rewind" /></button>
            {instant !== null && <button type="button" class="quiet" aria-label={words.forward10} title={words.forward10} onClick={() => onSeek(at + 10_000)}><Icon name="forward" /></button>}
            <time dateTime={new Date(at).toISOString()}>{fullTime(at)}</time>
            <span class="space" />
            {instant !== null && (
                <select class="speed" aria-label={words.speed} title={words.speed} value={speed} onChange={e => onSpeed(Number(e.currentTarget.value))}>
                    {speeds.map(s => <option key={s} value={s}>{s}×</option>)}
                </select>
            )}
            {hasSound && (
                <button type="button" class="quiet" aria-label={words.sound} aria-pressed={!muted} title={muted ? words.sound : words.mute} onClick={() => onMuted(!muted)}><Icon name={muted ? 'mute' : 'sound'} /></button>
            )}
            <button type="button" class="quiet" aria-label={words.full} title={words.full}
                onClick={() => { if (document.fullscreenElement) void document.exitFullscreen(); else stage.current?.requestFullscreen().catch(() => undefined); }}><Icon name="full" /></button>
            <button type="button" class={instant === null ? 'golive on' : 'golive'} aria-pressed={instant === null} onClick={onLive}><Icon name="live" />{instant === null ? text.value.live.live : words.goLive}</button>
        </div>
    );
}

function usePaused(video: RefObject<HTMLVideoElement>, on: boolean): boolean {
    const [paused, setPaused] = useState(false);
    useEffect(() => {
        const element = video.current;
        if (!on || !element)
            return;
        const look = () => setPaused(element.paused);
        look();
        element.addEventListener('play', look);
        element.addEventListener('pause', look);
        return () => {
            element.removeEventListener('play', look);
            element.removeEventListener('pause', look);
        };
    }, [on]);
    return paused;
}
