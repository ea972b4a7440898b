import type { RefObject } from 'preact';
import { Icon } from '../parts/Icon';
import { fullTime } from '../text/format';
import { text } from '../text/language';

interface Properties {
    stage: RefObject<HTMLElement>;
    /** Null while live. */
    instant: number | null;
    now: number;
    paused: boolean;
    onPaused: (paused: boolean) => void;
    speed: number;
    onSpeed: (speed: number) => void;
    muted: boolean;
    onMuted: (muted: boolean) => void;
    hasSound: boolean;
    onSeek: (instant: number) => void;
    onLive: () => void;
}

const speeds = [0.25, 0.5, 1, 2, 4, 8];

export function Controls({ stage, instant, now, paused, onPaused, speed, onSpeed, muted, onMuted, hasSound, onSeek, onLive }: Properties) {
    const words = text.value.channel;
    const at = instant ?? now;
    return (
        <div class="controls" role="toolbar" aria-label={words.controls}>
            {instant !== null && (
                <button type="button" class="quiet" aria-label={paused ? words.play : words.pause} title={paused ? words.play : words.pause} onClick={() => onPaused(!paused)}>
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
