using EdgeRecorder.Mp4;

namespace EdgeRecorder.Storage;

/// <summary>What the writer keeps of a stream between its fragments. Writer thread only, but for what is set from outside: identity, priority, pre-roll.</summary>
internal sealed class StreamState(StreamKey key)
{
    private readonly long[] _gops = new long[4];
    private int _gop;

    public StreamKey Key => key;
    public ChannelIdentity Identity { get; set; } = null!;
    public int Priority { get; set; }

    /// <summary>What comes is kept for events that may follow, and else for nobody.</summary>
    public bool IsPreRoll { get; set; }

    /// <summary>The segment it writes into; null until the first fragment.</summary>
    public OpenSegment? Open { get; set; }

    /// <summary>Records of its open segment, or of the last it had.</summary>
    public int Records { get; set; }
    public long NextSequence { get; set; }

    /// <summary>Nothing is taken before the next sync fragment: something was dropped.</summary>
    public bool WaitsForSync { get; set; }
    public long MediaEnd90k { get; set; }

    /// <summary>Bytes of the largest of the last four GOPs, the running one among them.</summary>
    public long LargestGop => Math.Max(Math.Max(_gops[0], _gops[1]), Math.Max(_gops[2], _gops[3]));

    public void Count(Fragment fragment) => Count(fragment.IsSync, fragment.Length);

    /// <summary>Of a segment that goes on after a start: without the sizes it was filled with, its end would be met in the middle of a GOP.</summary>
    public void Count(in Format.FragmentEntry entry) => Count(entry.IsSync, entry.RecordLength);

    private void Count(bool isSync, int length)
    {
        if (isSync)
            _gops[_gop = (_gop + 1) & 3] = 0;
        _gops[_gop] += length;
    }
}
