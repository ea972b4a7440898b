using System.Buffers.Binary;
using EdgeRecorder.Live;
using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Live;

/// <summary>Pictures made up for the case, as fragments for whoever watches. Every chunk must have come back when it is disposed.</summary>
internal sealed class LiveFeed : IDisposable
{
    public static readonly Track Video = new() { Codec = Codec.H264, TimeScale = 90_000, Width = 320, Height = 180, ParameterSets = [[0x67, 66, 0, 30, 0xAB], [0x68, 0xCE]] };
    public static readonly Track Law = new() { Codec = Codec.G711A, TimeScale = 8000, ChannelCount = 1 };

    private readonly Feed _feed = new();
    private int _picture;
    private int _offered;

    public LiveFeed(params IReadOnlyList<Track> tracks) => _feed.Announce(tracks.Count == 0 ? [Video] : tracks);

    public List<Fragment> Fragments => _feed.Fragments;

    public int Frame90k { get; init; } = 3600;

    /// <summary>Fragments of 0.2 s from here on.</summary>
    public void Shorten()
    {
        var whole = _feed.Fragmenter;
        _feed.Fragmenter = whole.Fork(Capture.Short90k);
        whole.Close()?.Release();
    }

    /// <summary>Pictures; fragments that they close go to those who watch.</summary>
    public void Send(int pictures, int gop = 25, int bytes = 1000, Track? video = null, params IReadOnlyList<IFragmentViewer> to)
    {
        for (; pictures > 0; pictures--, _picture++)
            _feed.Add(new Clip.Unit(video ?? Video, _picture * (long)Frame90k, _picture % gop == 0, new byte[bytes], _picture * (long)Frame90k * 100 / 9));
        for (; _offered < _feed.Fragments.Count; _offered++)
            foreach (var viewer in to)
                viewer.Offer(_feed.Fragments[_offered]);
    }

    public void Announce(params IReadOnlyList<Track> tracks) => _feed.Announce(tracks);

    public void RestartAt(long media90k) => _feed.Fragmenter.RestartAtSync(media90k);

    public void Close() => _feed.Close();

    public void Dispose()
    {
        _feed.Close();
        var fragments = _feed.Fragments.ToList();
        _feed.Dispose();
        Assert.All(fragments, fragment => Assert.False(fragment.TryAddReference(), "somebody still holds a fragment"));
    }
}

internal static class PacketBytes
{
    /// <summary>Head and payloads in order, as a viewer gets them.</summary>
    public static byte[] ToArray(this LivePacket packet)
    {
        var bytes = new byte[packet.Length];
        packet.Head.CopyTo(bytes);
        var at = packet.Head.Length;
        foreach (var payload in packet.Payloads)
        {
            payload.CopyTo(bytes.AsSpan(at));
            at += payload.Length;
        }
        return bytes;
    }
}

/// <summary>A viewer that keeps what it gets.</summary>
internal sealed class KeepingViewer : ILiveViewer, IDisposable
{
    public List<LivePacket> Packets { get; } = [];
    public List<string> Said { get; } = [];

    public void Add(LivePacket packet)
    {
        packet.AddReference();
        Packets.Add(packet);
    }

    public void Changed(ChannelState state, string detail) => Said.Add($"{state} {detail}".TrimEnd());
    public void Ended(LiveEnd why) => Said.Add($"ended {why}");

    public void Dispose() => Packets.ForEach(packet => packet.Release());

    /// <summary>Wall clock of a packet in Unix microseconds, and its media time, out of the `prft` box.</summary>
    public static (long UtcUs, long MediaTime) ReferenceTime(ReadOnlySpan<byte> packet)
    {
        Assert.Equal("prft"u8, packet.Slice(4, 4));
        Assert.Equal(LivePacket.ReferenceTimeLength, BinaryPrimitives.ReadInt32BigEndian(packet));
        var seconds = BinaryPrimitives.ReadUInt32BigEndian(packet[16..]) - 2_208_988_800L;
        var us = (BinaryPrimitives.ReadUInt32BigEndian(packet[20..]) * 1_000_000L + (1L << 31)) >> 32;
        return (seconds * 1_000_000 + us, BinaryPrimitives.ReadInt64BigEndian(packet[24..]));
    }
}
