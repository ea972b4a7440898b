using EdgeRecorder.Mp4;
using EdgeRecorder.Sound;

namespace EdgeRecorder.Live;

/// <summary>One choice of tracks of a watched stream: its packets, made once, and those who get them. Under its stream's lock.</summary>
/// <param name="toUtcUs">Unix time of an instant of CLOCK_BOOTTIME, microseconds.</param>
/// <param name="longest90k">Fragments are cut to that; null: packets are fragments as they come.</param>
/// <param name="sound">Makes AAC for browsers; null: they get what is there.</param>
internal sealed class LiveVariant(TrackChoice choice, Func<long, long> toUtcUs, long? longest90k, AacSound? sound)
{
    private readonly List<ILiveViewer> _viewers = [];
    private readonly Queue<LivePacket> _packets = new();
    private readonly FragmentCutter? _cutter = longest90k is { } longest ? new(longest) : null;
    private readonly List<Fragment> _pieces = [];
    private readonly SoundedStream? _sounded = choice == TrackChoice.Browser && sound is not null ? new(sound) : null;
    private LiveFormat? _format;
    private InitSegment? _source;
    private int _generation;
    private long _end90k;

    public TrackChoice Choice => choice;
    public IReadOnlyList<ILiveViewer> Viewers => _viewers;

    /// <summary>What a viewer who joins gets at once, oldest first.</summary>
    public IReadOnlyCollection<LivePacket> Packets => _packets;

    /// <summary>The stream has tracks, and none of this choice.</summary>
    public bool HasNothing => _format?.Selection.IsEmpty == true;

    public void Join(ILiveViewer viewer) => _viewers.Add(viewer);

    public bool Leave(ILiveViewer viewer) => _viewers.Remove(viewer);

    /// <summary>The stream's next fragment.</summary>
    public void Add(Fragment fragment)
    {
        if (_cutter is null)
        {
            Hand(fragment);
            return;
        }
        _cutter.Add(fragment, _pieces);
        foreach (var piece in _pieces)
        {
            Hand(piece);
            piece.Release();
        }
        _pieces.Clear();
    }

    /// <summary>The stream no longer keeps what begins before, for those who join.</summary>
    public void DropBefore(long mediaStart90k)
    {
        while (_packets.TryPeek(out var oldest) && oldest.MediaStart90k < mediaStart90k)
            _packets.Dequeue().Release();
    }

    /// <summary>Nobody watches any more.</summary>
    public void Clear()
    {
        while (_packets.TryDequeue(out var packet))
            packet.Release();
        _cutter?.Clear();
        _sounded?.Dispose();
    }

    private void Hand(Fragment fragment)
    {
        if (_sounded is null)
        {
            Give(fragment);
            return;
        }
        if (_sounded.Add(fragment) is not { } sounded)
            return;
        Give(sounded);
        sounded.Release();
    }

    private void Give(Fragment fragment)
    {
        if (MakePacket(fragment) is not { } packet)
            return;
        _packets.Enqueue(packet);
        foreach (var viewer in _viewers)
            viewer.Add(packet);
    }

    private LivePacket? MakePacket(Fragment fragment)
    {
        var runsOn = _format is not null && MediaTime.RunsOn(_end90k, fragment.MediaStart90k);
        _end90k = fragment.MediaStart90k + fragment.Duration90k;
        if (!ReferenceEquals(fragment.Init, _source) || !runsOn)
        {
            if (_source is null || !_source.SameFormat(fragment.Init) || !runsOn)
                _generation++;
            _source = fragment.Init;
            _format = new LiveFormat(TrackSelection.Of(fragment.Init, choice), _generation);
        }
        return _format!.Selection.IsEmpty ? null : LivePacket.Make(fragment, _format, toUtcUs(fragment.BoottimeUs));
    }
}
