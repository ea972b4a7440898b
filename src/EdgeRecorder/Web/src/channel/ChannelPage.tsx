import { useEffect, useRef, useState } from 'preact/hooks';
import { channels, forgetChannel, refreshChannels } from '../api/box';
import { get, remove, send, session } from '../api/client';
import { boxNow, clockSettings } from '../api/clock';
import type { Channel, Timeline } from '../api/types';
import { isVideo } from '../media/codecs';
import { LivePicture } from '../media/LivePicture';
import { useOnScreen } from '../media/useLive';
import { Icon } from '../parts/Icon';
import { saying } from '../parts/saying';
import { StateBadge } from '../parts/StateBadge';
import { Switch } from '../parts/Switch';
import { go, hashOf } from '../route';
import { whenOf } from '../text/format';
import { text } from '../text/language';
import { nextFootage } from '../timeline/bars';
import { center, spanOf, upToNow, type View } from '../timeline/scale';
import { TimelineBar } from '../timeline/TimelineBar';
import { iso, useTimeline } from '../timeline/useTimeline';
import { ChannelForm } from './ChannelForm';
import { Controls } from './Controls';
import { trackText } from './ProbeResult';
import { LockList } from './LockList';
import { RangePanel, type MarkedRange } from './RangePanel';
import { RecordedPicture } from './RecordedPicture';
import { TimelineTools } from './TimelineTools';

export function ChannelPage({ id, instant }: { id: string; instant: number | null }) {
    const all = channels.value;
    const channel = all?.find(c => c.id === id);
    if (!channel)
        return <main class="channel"><p class="hint">{all ? text.value.channel.missing : text.value.common.loading}</p><a href={hashOf({ at: 'wall' })}>{text.value.common.back}</a></main>;
    return <Watch channel={channel} first={instant} />;
}

const firstSpan = 3_600_000;
const nearMs = 1500;                                        // a hole shorter than this is not worth a word
const noticeMs = 8000;

/** One camera: now or then. */
function Watch({ channel, first }: { channel: Channel; first: number | null }) {
    const words = text.value.channel;
    const [view, setView] = useState<View>(() => first === null ? upToNow(firstSpan, boxNow()) : center({ from: 0, to: firstSpan }, first, boxNow()));
    const [wish, setWish] = useState<{ instant: number } | null>(first === null ? null : { instant: first });
    const [instant, setInstant] = useState<number | null>(first);
    const [notice, setNotice] = useState('');
    const [speed, setSpeed] = useState(1);
    const [paused, setPaused] = useState(false);
    const [muted, setMuted] = useState(true);
    const [range, setRange] = useState<MarkedRange>({ from: null, to: null });
    const [lockVersion, setLockVersion] = useState(0);
    const video = useRef<HTMLVideoElement>(null);
    const stage = useRef<HTMLDivElement>(null);
    const onScreen = useOnScreen(stage);
    const { timeline, refresh } = useTimeline(channel.id, view);
    const now = boxNow();
    useEffect(() => {
        const timer = window.setTimeout(() => setNotice(''), noticeMs);
        return () => window.clearTimeout(timer);
    }, [notice]);
    useEffect(() => {
        if (wish === null && clockSettings.value > 0)
            setView(shown => upToNow(spanOf(shown), boxNow()));         // who watches footage keeps the dates it was opened with
    }, [clockSettings.value]);

    function live() {
        setWish(null);
        setInstant(null);
        setNotice('');
        setSpeed(1);
        setPaused(false);
        go({ at: 'channel', id: channel.id, instant: null }, true);
    }

    /** Plays from `time`, or from where footage goes on after it. */
    async function play(time: number, why: (when: string) => string = words.jumped) {
        try {
            const found = nextFootage(await get<Timeline>(`channels/${channel.id}/timeline?from=${iso(time)}&to=${iso(boxNow() + 60_000)}`), time);
            if (found === null) {
                if (time > boxNow() - 30_000)
                    live();
                else
                    setNotice(why === words.overwritten ? words.gone : words.nothingHere);
                return;
            }
            setNotice(found - time > nearMs || why !== words.jumped ? why(whenOf(found, boxNow())) : '');
            setWish({ instant: found });
            setInstant(found);
            go({ at: 'channel', id: channel.id, instant: Math.round(found) }, true);
        } catch (fault) {
            setNotice(saying(fault));
        }
    }

    function failed(status: number, why: string) {
        if (status === 410 && instant !== null)
            void play(instant + 1000, words.overwritten);
        else if (status === 404)
            setNotice(words.nothingHere);
        else
            setNotice(words.failed(why));
    }

    function changedLocks() {
        setLockVersion(n => n + 1);
        refresh();
    }

    const hasSound = channel.state.tracks.some(t => !isVideo(t.codec));      // what browsers do not play is made AAC for them
    return (
        <main class="channel">
            <Heading channel={channel} />
            <div class="stage" ref={stage}>
                {wish === null
                    ? <LivePicture channel={channel} stream="main" pace="low" on={onScreen} video={video} muted={muted} />
                    : <RecordedPicture channel={channel.id} stream="main" video={video} wish={wish} speed={speed} paused={paused} muted={muted} onInstant={setInstant}
                        onEnded={() => { if (instant !== null) void play(instant + 200); }} onFailed={failed} />}
                {notice && <p class="toast" role="status">{notice}</p>}
                <Controls stage={stage} instant={wish === null ? null : instant} now={now} paused={paused} onPaused={setPaused} speed={speed} onSpeed={setSpeed} muted={muted} onMuted={setMuted}
                    hasSound={hasSound} onSeek={time => void play(time)} onLive={live} />
            </div>
            <section class="when">
                <TimelineTools view={view} onView={setView} at={wish === null ? now : instant ?? now} />
                <TimelineBar view={view} onView={setView} timeline={timeline} playhead={wish === null ? null : instant} range={range} onSeek={time => void play(time)} onLive={live} />
                <p class="hint help">{text.value.timeline.help}</p>
            </section>
            <div class="panels">
                <RangePanel channel={channel} timeline={timeline} range={range} onRange={setRange} at={wish === null ? now : instant ?? now} onLocked={changedLocks} />
                <LockList channel={channel.id} version={lockVersion} onReleased={changedLocks} onShow={lock => {
                    const [from, to] = [Date.parse(lock.from), Date.parse(lock.to)];
                    setView(center({ from: 0, to: Math.max(120_000, (to - from) * 2) }, (from + to) / 2, boxNow()));
                    setRange({ from, to });
                    void play(from);
                }} />
            </div>
            {session.value?.role === 'admin' && channel.setIn !== null && <p class="hint foot">{words.setIn(channel.setIn)}</p>}
        </main>
    );
}

function Heading({ channel }: { channel: Channel }) {
    const words = text.value.channel;
    const role = session.value?.role;
    const [editing, setEditing] = useState(false);
    const [problem, setProblem] = useState('');

    async function attempt(what: () => Promise<unknown>) {
        try {
            setProblem('');
            await what();
            await refreshChannels();
        } catch (fault) {
            setProblem(saying(fault));
        }
    }

    function removeIt() {
        if (window.confirm(words.removeQuestion(channel.name)))
            void attempt(async () => {
                await remove(`channels/${channel.id}`);
                forgetChannel(channel.id);
                go({ at: 'wall' });
            });
    }

    return (
        <>
            <div class="heading">
                <a class="button quiet" href={hashOf({ at: 'wall' })} aria-label={text.value.common.back}><Icon name="back" /></a>
                <div class="title">
                    <h1>{channel.name}</h1>
                    <p><StateBadge state={channel.state} /> <span class="hint">{channel.state.tracks.map(trackText).join('  ·  ')}</span></p>
                </div>
                <div class="actions">
                    {role !== 'viewer' && (
                        <Switch on={channel.record} onChange={on => void attempt(() => send('PUT', `channels/${channel.id}/record`, { on }))}>{channel.record ? words.recordOn : words.recordOff}</Switch>
                    )}
                    {role === 'admin' && channel.setIn === null && (
                        <>
                            <button type="button" onClick={() => setEditing(true)}><Icon name="edit" />{words.edit}</button>
                            <button type="button" class="quiet" onClick={removeIt} aria-label={words.remove} title={words.remove}><Icon name="trash" /></button>
                        </>
                    )}
                </div>
            </div>
            {problem && <p class="problem" role="alert">{problem}</p>}
            {editing && <ChannelForm channel={channel} onClose={() => setEditing(false)} />}
        </>
    );
}
