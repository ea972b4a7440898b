using EdgeRecorder.Hls;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>
/// A range that reaches into now, as an EVENT playlist (RFC 8216, 4.3.3.5): it remembers what it said, because it may only append. What the ring has taken back since stays
/// listed, and whoever asks for it is told. It keeps the clock it was opened with: footage that is dated anew meanwhile goes on where it stood, and only a playlist
/// that is opened then shows the new dates. Thread-safe.
/// </summary>
internal sealed class GrowingPlaylist(IRing ring, StreamKey stream, long fromUtcUs, long toUtcUs)
{
    /// <summary>Footage of an instant is durable and listed when it is so old: a fragment, a slow disk's round, a picture that dates were slewed by.</summary>
    public const long SettledUs = 10_000_000;

    /// <summary>An entry that got no fragment for so long is complete: the camera is silent.</summary>
    private const long SilentUs = 6_000_000;

    /// <summary>So that players that look once per target duration see a picture that is some ten seconds old.</summary>
    private const int LeastTargetSeconds = 6;

    private readonly Lock _gate = new();
    private readonly EntryList _entries = new(ring);
    private long _shiftUs;
    private int _targetSeconds;
    private long? _start90k;
    private bool _isEnded;

    /// <summary>How many entries it holds in memory.</summary>
    public int Count { get { lock (_gate) return _entries.Closed.Length; } }

    /// <summary>What there is now; null when there has never been anything.</summary>
    public PlaybackPlaylist? At(long nowUtcUs)
    {
        lock (_gate)
        {
            if (!_isEnded)
                Grow(nowUtcUs);
            if (_entries.IsEmpty)
                return null;
            // Media time, in tenths of a second, numbers the first entry, so that the numbers of a list that had to be made again from a later one never go back.
            return new PlaybackPlaylist(PlaylistType.Event, stream, _entries.Closed, _targetSeconds, _entries.FirstMedia90k / 9_000, false, _start90k, _isEnded);
        }
    }

    private void Grow(long nowUtcUs)
    {
        foreach (var span in NewSpans())
        {
            if (_entries.Duration90k >= PlaybackRange.Longest90k)
                break;
            PlaybackRange.Add(_entries, Shifted(ring.FragmentsOf(span)), fromUtcUs, toUtcUs);
        }
        if (_entries.IsEmpty)
            return;
        _isEnded = nowUtcUs - _shiftUs >= toUtcUs + SettledUs || _entries.Duration90k >= PlaybackRange.Longest90k;
        if (_isEnded || _entries.Closed.IsEmpty || nowUtcUs - _shiftUs - _entries.Last.ToUtcUs > SilentUs)
            _entries.Close();
        if (_targetSeconds != 0)
            return;
        _targetSeconds = Math.Max(LeastTargetSeconds, PlaylistHead.SecondsOf(_entries.Longest90k));
        _entries.Limit90k = _targetSeconds * 90_000L;
        _start90k = Math.Max(0, fromUtcUs - _entries.Closed.Span[0].FromUtcUs) * 9 / 100;
    }

    /// <summary>Spans with footage behind the last fragment, wherever the clock has moved them.</summary>
    private List<FootageSpan> NewSpans()
    {
        var last = _entries.Last;
        if (last.Length == 0)
            return [.. ring.Spans(stream, fromUtcUs, toUtcUs)];
        if (!FindShift(last, ring.Spans(stream, last.FromUtcUs + _shiftUs, last.ToUtcUs + _shiftUs)))
            FindShift(last, ring.Spans(stream, long.MinValue, long.MaxValue));
        return [.. ring.Spans(stream, last.FromUtcUs + _shiftUs, toUtcUs + _shiftUs).Where(span => span.MediaEnd90k > last.MediaStart90k + last.Duration90k)];
    }

    /// <summary>How far the clock has moved since: the last fragment tells. False: it is not there.</summary>
    private bool FindShift(FragmentRef last, IReadOnlyList<FootageSpan> spans)
    {
        foreach (var span in spans)
            if (span.Generation == last.Generation && span.MediaStart90k <= last.MediaStart90k && span.MediaEnd90k > last.MediaStart90k)
                foreach (var fragment in ring.FragmentsOf(span))
                    if (fragment.Offset == last.Offset)
                    {
                        _shiftUs = fragment.FromUtcUs - last.FromUtcUs;
                        return true;
                    }
        return false;
    }

    private IEnumerable<FragmentRef> Shifted(IReadOnlyList<FragmentRef> fragments)
    {
        var last = _entries.Last;
        foreach (var fragment in fragments)
            if (last.Length == 0 || fragment.MediaStart90k > last.MediaStart90k)
                yield return fragment with { FromUtcUs = fragment.FromUtcUs - _shiftUs, ToUtcUs = fragment.ToUtcUs - _shiftUs };
    }
}
