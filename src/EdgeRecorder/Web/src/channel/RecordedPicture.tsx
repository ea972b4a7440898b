import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { StreamName } from '../api/types';
import { RecordedPlayer } from '../media/recorded';
import { codecName } from '../media/codecs';
import { Icon } from '../parts/Icon';
import { text } from '../text/language';

interface Properties {
    channel: string;
    stream: StreamName;
    video: RefObject<HTMLVideoElement>;
    /** The instant to show; another object is another wish, also for the same instant. */
    wish: { instant: number };
    speed: number;
    paused: boolean;
    muted: boolean;
    onInstant: (instant: number) => void;
    onEnded: () => void;
    onFailed: (status: number, why: string) => void;
}

const tellEveryMs = 200;

export function RecordedPicture({ channel, stream, video, wish, speed, paused, muted, onInstant, onEnded, onFailed }: Properties) {
    const player = useRef<RecordedPlayer | null>(null);
    const [missing, setMissing] = useState<string | null>(null);
    const [awaited, setAwaited] = useState(false);
    const latest = useRef({ onInstant, onEnded, onFailed, paused, speed });
    latest.current = { onInstant, onEnded, onFailed, paused, speed };

    function obey() {
        const element = video.current;
        if (!element)
            return;
        element.defaultPlaybackRate = element.playbackRate = latest.current.speed;
        if (latest.current.paused)
            element.pause();
        else
            element.play().catch(() => undefined);          // refused only when another source came in between, and then it is asked again
    }

    useEffect(() => {
        if (!video.current)
            return;
        const element = video.current;
        const made = new RecordedPlayer(element, channel, stream, {
            ended: () => latest.current.onEnded(),
            failed: (status, why) => latest.current.onFailed(status, why),
            unsupported: setMissing,
            awaited: setAwaited,
            attached: obey,
        });
        player.current = made;
        const timer = window.setInterval(() => { if (made.instant !== null) latest.current.onInstant(made.instant); }, tellEveryMs);
        return () => {
            window.clearInterval(timer);
            made.close();
        };
    }, [channel, stream]);

    useEffect(() => {
        setMissing(null);
        setAwaited(false);
        player.current?.seek(wish.instant);
    }, [wish]);
    useEffect(obey, [speed, paused, wish]);
    useEffect(() => { if (video.current) video.current.muted = muted; }, [muted]);

    const words = text.value.live;
    return (
        <div class="picture" data-phase={missing ? 'unsupported' : 'recorded'}>
            <video ref={video} muted playsInline class="shown" />
            {awaited && !missing && <div class="notice calm"><span class="pulse" aria-hidden="true" /><span>{text.value.common.loading}</span></div>}
            {missing && (
                <div class="notice" data-missing={missing}>
                    <Icon name="noPicture" />
                    <strong>{words.unsupported(codecName(missing))}</strong>
                    <small>{words.unsupportedHint(codecName(missing))}</small>
                </div>
            )}
        </div>
    );
}
