namespace EdgeRecorder.Live;

/// <summary>A media segment of a live playlist: packets one behind the other, which are its parts with low latency. Holds a reference on each.</summary>
/// <param name="number">Its media sequence number.</param>
/// <param name="map">Number of the segment whose name its init segment bears.</param>
internal sealed class LiveSegment(long number, long map, byte[] init, bool isDiscontinuity, long utcUs)
{
    private readonly List<LivePacket> _packets = [];

    public long Number => number;
    public long Map => map;
    public byte[] Init => init;

    /// <summary>It does not follow what is in front of it.</summary>
    public bool IsDiscontinuity => isDiscontinuity;

    /// <summary>Unix time of its first picture, microseconds.</summary>
    public long UtcUs => utcUs;
    public IReadOnlyList<LivePacket> Packets => _packets;
    public long Duration90k { get; private set; }
    public long Bytes { get; private set; }
    public bool IsComplete { get; set; }

    public void Add(LivePacket packet)
    {
        packet.AddReference();
        _packets.Add(packet);
        Duration90k += packet.Duration90k;
        Bytes += packet.Length;
    }

    public void Release()
    {
        foreach (var packet in _packets)
            packet.Release();
        _packets.Clear();
    }
}
