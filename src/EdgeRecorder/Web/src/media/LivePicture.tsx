import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import type { Channel, StreamName } from '../api/types';
import { Icon } from '../parts/Icon';
import { text } from '../text/language';
import { detailOf } from '../text/states';
import { whenOf } from '../text/format';
import { browserHas, codecName, isVideo } from './codecs';
import type { Latency } from './edge';
import type { LiveView } from './live';
import { Stills } from './Stills';
import { useLive } from './useLive';

interface Properties {
    channel: Channel;
    stream: StreamName;
    /** Low costs the recorder more and smaller messages; for the one picture somebody looks at. */
    pace: Latency;
    /** Pictures alone: sound that nobody can turn on need not be made and sent. */
    silent?: boolean;
    on: boolean;
    /** Where the caller wants the element too: sound, full screen. */
    video?: RefObject<HTMLVideoElement>;
    muted?: boolean;
}

const stillWidth: Record<Latency, number> = { low: 1280, normal: 640 };

/** The live picture of a camera, or in words why there is none. */
export function LivePicture({ channel, stream, pace, silent = false, on, video, muted = true }: Properties) {
    const own = useRef<HTMLVideoElement>(null);
    const element = video ?? own;
    const codec = channel.state.tracks.find(t => isVideo(t.codec))?.codec ?? '';
    const wanted = on && channel.state.state !== 'refused';
    // The state tells of the main stream, and of what comes only while somebody pulls it.
    const lacking = stream === 'main' && channel.state.state !== 'idle' && !browserHas(codec);
    const view = useLive(element, channel.id, stream, silent ? 'video' : 'browser', pace, wanted, codec, lacking);
    useEffect(() => { if (element.current) element.current.muted = muted; }, [muted]);
    // What is not recorded has no stills; what was is over soon, and is not asked for any more.
    const still = wanted && view.phase === 'unsupported' && channel.state.state === 'recording';
    const [stillShown, setStillShown] = useState(false);
    useEffect(() => { if (!still) setStillShown(false); }, [still]);
    const playing = view.phase === 'playing' && channel.state.state !== 'offline';
    return (
        <div class="picture" data-phase={view.phase} data-transport={view.transport ?? ''} data-latency={view.latency?.toFixed(2) ?? ''}>
            <video ref={element} muted playsInline class={view.phase === 'playing' ? 'shown' : ''} />
            {still && <Stills channel={channel.id} width={stillWidth[pace]} onPicture={() => setStillShown(true)} />}
            {!playing && <Notice channel={channel} view={view} on={wanted} beside={still && stillShown} />}
            {playing && <LiveMark view={view} />}
        </div>
    );
}

function LiveMark({ view }: { view: LiveView }) {
    const words = text.value.live;
    return (
        <span class="mark" title={words.latencyTitle}>
            <b>{words.live}</b>
            {view.transport === 'hls' && <span>{words.hls}</span>}
            {view.latency !== null && <span>{words.latency(Math.max(0, view.latency).toFixed(1))}</span>}
            {view.skipped > 0 && <span>{words.skipped(view.skipped)}</span>}
        </span>
    );
}

function Notice({ channel, view, on, beside }: { channel: Channel; view: LiveView; on: boolean; beside: boolean }) {
    const words = text.value;
    const { state, detail, lastFragment } = channel.state;
    if (state === 'offline' || state === 'refused')
        return (
            <div class="notice trouble">
                <Icon name="noPicture" />
                <strong>{words.state[state]}</strong>
                <span>{detailOf(detail, words) || words.stateHint[state]}</span>
                {lastFragment && <small>{words.wall.lastSeen(whenOf(Date.parse(lastFragment), Date.now()))}</small>}
            </div>
        );
    if (view.phase === 'unsupported' && beside)
        return (
            <div class="notice beside" data-missing={view.missing} title={words.live.unsupportedHint(codecName(view.missing ?? ''))}>
                <strong>{words.live.unsupported(codecName(view.missing ?? ''))}</strong>
                <small>{words.live.stills}</small>
            </div>
        );
    if (view.phase === 'unsupported')
        return (
            <div class="notice" data-missing={view.missing}>
                <Icon name="noPicture" />
                <strong>{words.live.unsupported(codecName(view.missing ?? ''))}</strong>
                <small>{words.live.unsupportedHint(codecName(view.missing ?? ''))}</small>
            </div>
        );
    const saying = !on ? words.live.paused : view.phase === 'reconnecting' ? words.live.reconnecting : state === 'connecting' ? words.live.waiting : words.live.connecting;
    return <div class="notice calm"><span class="pulse" aria-hidden="true" /><span>{saying}</span></div>;
}
