using System.Collections.Concurrent;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Sound;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>Answers players out of the ring. Keeps the playlists that grow and the track selections of the segments that are being played, both bounded.</summary>
internal sealed class PlaybackSource(IRing ring, BoxClock clock, AacSound? sound = null) : IPlaybackSource, IDisposable
{
    private const int MostGrowing = 256, MostEntries = 200_000, MostSelections = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(StreamKey, long, long), GrowingPlaylist> _growing = [];
    private readonly LinkedList<(StreamKey, long, long)> _used = new();
    private readonly ConcurrentDictionary<(long Generation, TrackChoice), Choice> _selections = new();

    /// <param name="Speech">The G.711 that the selection has AAC for; null when it is one of what was recorded.</param>
    private sealed record Choice(TrackSelection Selection, Track? Speech);

    /// <summary>A playlist of a day reads the tables of thousands of segments: two at a time, so that the disk stays the recorder's.</summary>
    private readonly SemaphoreSlim _makers = new(2);

    /// <summary>Growing playlists that are remembered.</summary>
    public int Growing { get { lock (_gate) return _growing.Count; } }

    public async Task<PlaylistAnswer> OpenAsync(StreamKey stream, long fromUtcUs, long toUtcUs, TrackChoice tracks, CancellationToken stop = default)
    {
        await _makers.WaitAsync(stop);
        try
        {
            return Make(stream, fromUtcUs, toUtcUs) is not { } answer ? new PlaylistAnswer.Nothing()
                : answer is PlaylistAnswer.Found found && !Has(found.Playlist, tracks) ? new PlaylistAnswer.NoSuchTracks()
                : answer;
        }
        finally
        {
            _makers.Release();
        }
    }

    public RecordsAnswer Open(int channelNumber, in RingName name)
    {
        var stream = new StreamKey(channelNumber, name.Stream);
        if (ring.LeaseRecords(stream, name.Place) is not { } lease)
            return Overwritten(stream);
        var isKept = false;
        try
        {
            if (lease.Fragments.Count == 0)
                return new RecordsAnswer.Nothing();
            Choice? choice = null;
            if ((name.IsInit || name.Tracks != TrackChoice.All) && (choice = Selection(lease.Fragments[0], name.Tracks)) is null)
                return Overwritten(stream);
            if (name.IsInit)
                return new RecordsAnswer.Init(choice!.Selection.Init.Bytes);
            var download = new FootageDownload(new FootagePlan(lease.Fragments, choice?.Speech is null ? choice?.Selection : null), ring, lease);
            if (choice?.Speech is not { } speech)
            {
                isKept = true;
                return new RecordsAnswer.Media(download);
            }
            using var encoder = sound!.Open(speech);
            if (encoder is null)
                return new RecordsAnswer.Damaged("its sound cannot be encoded here");
            var sounded = SoundedRecords.Make(ring, stream, download, speech, encoder);
            isKept = true;
            return new RecordsAnswer.Media(sounded);
        }
        catch (IOException)
        {
            return Overwritten(stream);                     // while its sound was read
        }
        catch (ProtocolException e)
        {
            return new RecordsAnswer.Damaged(e.Message);
        }
        finally
        {
            if (!isKept)
                lease.Dispose();
        }
    }

    public void Dispose() => _makers.Dispose();

    private PlaylistAnswer? Make(StreamKey stream, long fromUtcUs, long toUtcUs)
    {
        var now = clock.UtcUs;
        var key = (stream, fromUtcUs, toUtcUs);
        if (Known(key)?.At(now) is { } known)
            return new PlaylistAnswer.Found(known);
        var spans = ring.Spans(stream, fromUtcUs, toUtcUs);
        if (spans.Count == 0)
            return null;
        if (PlaybackRange.EndThatFits(spans, fromUtcUs, toUtcUs) is { } end)
            return new PlaylistAnswer.TooLong(end);
        if (now >= toUtcUs + GrowingPlaylist.SettledUs)
            return PlaybackRange.Finished(ring, stream, spans, fromUtcUs, toUtcUs) is { } finished ? new PlaylistAnswer.Found(finished) : null;
        var growing = new GrowingPlaylist(ring, stream, fromUtcUs, toUtcUs);
        if (growing.At(now) is not { } playlist)
            return null;
        Keep(key, growing);
        return new PlaylistAnswer.Found(playlist);
    }

    private GrowingPlaylist? Known((StreamKey, long, long) key)
    {
        lock (_gate)
        {
            if (!_growing.TryGetValue(key, out var growing))
                return null;
            _used.Remove(key);
            _used.AddLast(key);
            return growing;
        }
    }

    /// <summary>The ones that nobody asked for lately go; whoever comes back gets his made again.</summary>
    private void Keep((StreamKey, long, long) key, GrowingPlaylist growing)
    {
        lock (_gate)
        {
            if (_growing.TryAdd(key, growing))
                _used.AddLast(key);
            while (_used.Count > 1 && (_used.Count > MostGrowing || _growing.Values.Sum(g => g.Count) > MostEntries))
            {
                _growing.Remove(_used.First!.Value);
                _used.RemoveFirst();
            }
        }
    }

    private bool Has(PlaybackPlaylist playlist, TrackChoice tracks)
    {
        if (playlist.Entries.IsEmpty)
            return true;
        var place = playlist.Entries.Span[0].Place;
        try
        {
            return Selection(new FragmentRef(place.Segment, place.Generation, place.Offset, place.Length, 0, 0, true, false, 0, 0), tracks) is not { Selection.IsEmpty: true };
        }
        catch (ProtocolException)
        {
            return true;                                    // whoever asks for the init segment is told
        }
    }

    /// <summary>Null once the segment has been recycled.</summary>
    private Choice? Selection(in FragmentRef fragment, TrackChoice tracks)
    {
        if (_selections.TryGetValue((fragment.Generation, tracks), out var known))
            return known;
        if (ring.ReadInit(fragment) is not { } init)
            return null;
        if (_selections.Count >= MostSelections)
            _selections.Clear();
        var recorded = InitSegment.Parse(init);
        var dressed = tracks == TrackChoice.Browser ? sound?.Dress(recorded) : null;
        return _selections[(fragment.Generation, tracks)] = new Choice(TrackSelection.Of(dressed ?? recorded, tracks), dressed is null ? null : AacSound.SpeechOf(recorded));
    }

    private RecordsAnswer.Overwritten Overwritten(StreamKey stream)
        => new(ring.Spans(stream, long.MinValue, long.MaxValue) is { Count: > 0 } spans ? spans[0].FromUtcUs : null);
}
