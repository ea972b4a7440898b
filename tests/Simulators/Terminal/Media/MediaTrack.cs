using System.Buffers;
using System.Security.Cryptography;

namespace EdgeRecorder.Simulators.Terminal.Media;

/// <summary>A frame, or 20 or 40 ms of speech, as it goes out: in one or more packets.</summary>
/// <param name="FirstPacket">Index into <see cref="MediaTrack.Packets"/>.</param>
/// <param name="Elementary">Its NAL units without start codes, or its audio frame without any header, in <see cref="MediaTrack.Elementary"/>.</param>
/// <param name="Digest">First 8 bytes of the SHA-256 of that, in hex.</param>
internal readonly record struct MediaUnit(int FirstPacket, int PacketCount, DataType Type, Range Elementary, string Digest)
{
    public bool IsSync => Type is DataType.VideoI or DataType.Audio;
}

/// <summary>What a track is called in JT/T 1078 and how fast it runs.</summary>
/// <param name="PayloadType">Table 12: 98 H.264, 99 H.265, 6 and 7 G.711, 8 G.726, 19 AAC, 26 ADPCM.</param>
/// <param name="UnitsNumerator">Units per second, as a fraction.</param>
/// <param name="FrameLength">Bytes of an audio frame, for 0x1003.</param>
internal sealed record MediaFormat(byte PayloadType, long UnitsNumerator, long UnitsDenominator, int SampleRate = 0, int Channels = 0, int FrameLength = 0)
{
    public bool IsVideo => PayloadType >= 98;
}

/// <summary>
/// One elementary stream, packetized once. A stream writes SIM, channel, sequence and times in place and sends the bytes as they lie, so that a packet costs
/// a few stores. Only the pacer's thread touches it.
/// </summary>
/// <param name="packets">Where each packet begins in <paramref name="wire"/>; one entry more than packets.</param>
/// <param name="opening">What stands for the first unit at the start of a stream, when only there the parameter sets are sent.</param>
internal sealed class MediaTrack(MediaFormat format, int simBytes, byte[] wire, int[] packets, MediaUnit[] units, MediaUnit? opening, byte[] elementary)
{
    public MediaFormat Format => format;

    /// <summary>6, or 10 as in T/GDRTA 002-2020.</summary>
    public int SimBytes => simBytes;

    public byte[] Wire => wire;
    public int[] Packets => packets;
    public MediaUnit[] Units => units;
    public MediaUnit? Opening => opening;
    public byte[] Elementary => elementary;

    /// <summary>Indices of the units where a decoder can start.</summary>
    public int[] Syncs { get; } = [.. Enumerable.Range(0, units.Length).Where(i => units[i].IsSync)];

    /// <summary>Milliseconds from the first unit to the nth.</summary>
    public long TimestampMs(long n) => n * 1000 * format.UnitsDenominator / format.UnitsNumerator;

    public double SecondsOf(long n) => (double)n * format.UnitsDenominator / format.UnitsNumerator;

    /// <summary>The first unit that is not before that time.</summary>
    public long UnitAt(double seconds) => (long)Math.Ceiling(seconds * format.UnitsNumerator / format.UnitsDenominator - 1e-6);
}

/// <summary>Cuts units into packets.</summary>
/// <param name="largestBody">950 by the standard.</param>
internal sealed class MediaTrackBuilder(MediaFormat format, int simBytes, int largestBody)
{
    private readonly ArrayBufferWriter<byte> _wire = new();
    private readonly ArrayBufferWriter<byte> _elementary = new();
    private readonly List<int> _packets = [];
    private readonly List<MediaUnit> _units = [];
    private MediaUnit? _opening;

    /// <param name="body">What the packets carry together.</param>
    /// <param name="elementary">What a recorder has to keep of it.</param>
    public void Unit(DataType type, ReadOnlySpan<byte> body, ReadOnlySpan<byte> elementary) => _units.Add(Make(type, body, elementary));

    /// <summary>The first unit as it is at the start of a stream.</summary>
    public void Opening(DataType type, ReadOnlySpan<byte> body, ReadOnlySpan<byte> elementary) => _opening = Make(type, body, elementary);

    public MediaTrack Build() => new(
        format, simBytes, _wire.WrittenSpan.ToArray(), [.. _packets, _wire.WrittenCount], [.. _units], _opening, _elementary.WrittenSpan.ToArray());

    private MediaUnit Make(DataType type, ReadOnlySpan<byte> body, ReadOnlySpan<byte> elementary)
    {
        var first = _packets.Count;
        var at = 0;
        do
        {
            var part = body[at..Math.Min(at + largestBody, body.Length)];
            var isLast = at + part.Length == body.Length;
            var flag = (at == 0, isLast) switch
            {
                (true, true) => PackageFlag.Atomic,
                (true, false) => PackageFlag.First,
                (false, true) => PackageFlag.Last,
                _ => PackageFlag.Middle,
            };
            _packets.Add(_wire.WrittenCount);
            _wire.Advance(MediaPacket.WriteHeader(
                _wire.GetSpan(MediaPacket.LargestHeader), format.PayloadType, isLast, 0, "0", simBytes, 0, type, flag, 0, 0, 0, part.Length));
            _wire.Write(part);
            at += part.Length;
        }
        while (at < body.Length);
        var begin = _elementary.WrittenCount;
        _elementary.Write(elementary);
        return new MediaUnit(first, _packets.Count - first, type, begin.._elementary.WrittenCount, Convert.ToHexString(SHA256.HashData(elementary).AsSpan(0, 8)));
    }
}
