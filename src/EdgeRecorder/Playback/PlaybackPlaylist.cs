using System.IO.Pipelines;
using EdgeRecorder.Hls;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>A range of the ring as a playlist, as it stands at one moment.</summary>
/// <param name="Start90k">Where the range begins inside the first entries, which begin with the sync sample before it; null: players may choose.</param>
internal sealed record PlaybackPlaylist(
    PlaylistType Type, StreamKey Stream, ReadOnlyMemory<PlaylistEntry> Entries, int TargetSeconds, long MediaSequence, bool IsIndependent, long? Start90k, bool IsEnded)
{
    /// <summary>Dates that durations tell to the hundredth need not be written: less than half a picture.</summary>
    private const long DateSlackUs = 10_000;
    private const int EntriesPerFlush = 256;

    /// <summary>Writes it, a piece at a time: a reader who stops reading holds some 30 KB.</summary>
    public async Task WriteAsync(PipeWriter output, TrackChoice tracks, CancellationToken stop)
    {
        var playlist = new PlaylistWriter(output);
        playlist.Head(new PlaylistHead { Type = Type, TargetSeconds = TargetSeconds, MediaSequence = MediaSequence, IsIndependent = IsIndependent, Start90k = Start90k });
        var state = new State { DateUs = long.MinValue, Map = -1, MapName = "" };
        for (var i = 0; i < Entries.Length; i += EntriesPerFlush)
        {
            Write(playlist, Entries.Span, i, Math.Min(Entries.Length, i + EntriesPerFlush), tracks, ref state);
            var flushed = await output.FlushAsync(stop);
            if (flushed.IsCompleted || flushed.IsCanceled)
                return;
        }
        if (IsEnded)
            playlist.End();
        await output.FlushAsync(stop);
    }

    private void Write(PlaylistWriter playlist, ReadOnlySpan<PlaylistEntry> entries, int from, int to, TrackChoice tracks, ref State state)
    {
        Span<char> name = stackalloc char[RingName.Longest];
        for (var i = from; i < to; i++)
        {
            ref readonly var entry = ref entries[i];
            if (entry.Map != state.Map)
                (state.Map, state.MapName) = (entry.Map, Name(entries[entry.Map].Place, tracks, isInit: true, name).ToString());
            var isDated = i == 0 || entry.IsDiscontinuity || Math.Abs(entry.FromUtcUs - state.DateUs) > DateSlackUs;
            if (isDated)
                state.DateUs = entry.FromUtcUs;
            playlist.Begin(state.MapName, entry.IsDiscontinuity, isDated ? entry.FromUtcUs : null);
            playlist.Segment(Name(entry.Place, tracks, isInit: false, name), entry.Duration90k);
            state.DateUs += MediaTime.ToUs(entry.Duration90k);
        }
    }

    private ReadOnlySpan<char> Name(in RecordPlace place, TrackChoice tracks, bool isInit, Span<char> target) => new RingName(Stream.Stream, place, tracks, isInit).Write(target);

    private struct State
    {
        public long DateUs;
        public int Map;
        public string MapName;
    }
}
