using System.Buffers.Binary;
using System.Numerics;
using EdgeRecorder.Audio;
using EdgeRecorder.Bytes;
using EdgeRecorder.Media;

namespace EdgeRecorder.MpegPs;

/// <summary>
/// Writes access units as a program stream the way GB/T 28181 wants it (2022, C.1): a pack per picture, system header and stream map before sync samples, pictures in PES packets of at most
/// <see cref="LargestPayload"/> bytes with its time stamps in the first, audio in packets of its own behind the picture it follows.
/// </summary>
/// <remarks>One buffer, reused: what <see cref="Write"/> returns is good until the next call. Not thread-safe.</remarks>
internal sealed class PsMuxer
{
    public const int LargestPayload = 65_000;
    private const int ScrAhead90k = 3600;                   // what arrives is to be decoded 40 ms later
    private const long LongestStepBack90k = 900_000;
    private const int PackLength = 14;
    private const int PesHeadLength = 19;
    private const int AdtsLength = AdtsHeader.ShortestLength;
    private const int LargestTables = 64;                   // system header and stream map of two streams
    private const int MuxRate = 6106;                       // × 50 bytes a second: informative

    private readonly MappedStream[] _streams;
    private readonly bool _hasVideo;
    private byte[] _buffer = new byte[64 * 1024];
    private readonly DecodingTimes _times = new();
    private long? _scr;

    /// <exception cref="ArgumentException">Neither video nor audio.</exception>
    public PsMuxer(Codec? video, Codec? audio)
    {
        if (video is null && audio is null)
            throw new ArgumentException("a program stream needs a stream");
        _hasVideo = video is not null;
        _streams = (video, audio) switch
        {
            ({ } v, { } a) => [new(StreamType.Of(v), StreamId.Video), new(StreamType.Of(a), StreamId.Audio)],
            ({ } v, null) => [new(StreamType.Of(v), StreamId.Video)],
            _ => [new(StreamType.Of(audio!.Value), StreamId.Audio)],
        };
    }

    /// <summary>One access unit as elements of the stream. The payload stays the caller's.</summary>
    /// <param name="pts90k">Its time in 90 kHz; 33 bits of it are written.</param>
    public ReadOnlySpan<byte> Write(in AccessUnit unit, long pts90k)
    {
        var isVideo = unit.Track.IsVideo;
        var isAac = unit.Track.Codec == Codec.Aac;
        var payload = unit.Payload.Length + (isAac ? AdtsLength : 0);
        var dts90k = isVideo ? _times.Next(pts90k) : pts90k;
        var packets = (payload + LargestPayload - 1) / LargestPayload;
        Reserve(payload + packets * PesHeadLength + PackLength + LargestTables);
        var length = 0;
        if (isVideo || !_hasVideo)
        {
            length += WritePack(_buffer, Scr(dts90k));
            if (unit.IsSync)
            {
                length += WriteSystemHeader(_buffer.AsSpan(length));
                length += ProgramStreamMap.Write(_buffer.AsSpan(length), _streams);
            }
        }
        // The whole payload goes where the last packet's will end; packets then move to the front one after the other, heads between them.
        var from = _buffer.Length - payload;
        var target = _buffer.AsSpan(from, payload);
        if (isAac)
            AdtsHeader.Write(target, unit.Track.AudioSpecificConfig, payload);
        unit.Payload.CopyTo(target[(isAac ? AdtsLength : 0)..]);
        if (isVideo)
            ToStartCodes(target);
        for (var left = payload; left > 0;)
        {
            var count = Math.Min(left, LargestPayload);
            length += WritePesHead(_buffer.AsSpan(length), isVideo ? StreamId.Video : StreamId.Audio, count, left == payload ? new(pts90k, dts90k == pts90k ? null : dts90k) : default);
            _buffer.AsSpan(from, count).CopyTo(_buffer.AsSpan(length));
            length += count;
            from += count;
            left -= count;
        }
        return _buffer.AsSpan(0, length);
    }

    private void Reserve(int length)
    {
        if (_buffer.Length < length)
            _buffer = new byte[(int)BitOperations.RoundUpToPowerOf2((uint)length)];
    }

    /// <summary>Before what it stands in front of is decoded; back only where the source began anew.</summary>
    private long Scr(long dts)
    {
        var scr = dts - ScrAhead90k;
        if (_scr is { } last && scr < last && scr > last - LongestStepBack90k)
            scr = last;
        _scr = scr;
        return scr;
    }

    private static int WritePack(Span<byte> target, long scr)
    {
        var bits = (ulong)scr & ((1UL << 33) - 1);
        var writer = new ByteWriter(target);
        writer.U32(0x0000_0100 | StreamId.Pack);
        //  01 SCR[32..30] 1 SCR[29..15] 1 SCR[14..0] 1 extension(9) 1, 48 bits
        var clock = 1UL << 46 | (bits >> 30) << 43 | 1UL << 42 | (bits >> 15 & 0x7FFF) << 27 | 1UL << 26 | (bits & 0x7FFF) << 11 | 1UL << 10 | 1;
        writer.U16((ushort)(clock >> 32));
        writer.U32((uint)clock);
        writer.U8(MuxRate >> 14);
        writer.U8(unchecked((byte)(MuxRate >> 6)));
        writer.U8(unchecked((byte)(MuxRate << 2 | 3)));
        writer.U8(0xF8);                                    // no stuffing
        return writer.Offset;
    }

    private int WriteSystemHeader(Span<byte> target)
    {
        var writer = new ByteWriter(target);
        writer.U32(0x0000_0100 | StreamId.SystemHeader);
        writer.U16((ushort)(6 + 3 * _streams.Length));
        const uint rate = 0x80_0001 | (uint)MuxRate << 1;   // 1 rate_bound(22) 1
        writer.U8((byte)(rate >> 16));
        writer.U16(unchecked((ushort)rate));
        writer.U8((byte)((_hasVideo && _streams.Length == 1 ? 0 : 1) << 2));    // audio_bound, not fixed, not constrained
        writer.U8((byte)(0xE0 | (_hasVideo ? 1 : 0)));      // locked, video_bound
        writer.U8(0x7F);
        foreach (var stream in _streams)
        {
            writer.U8(stream.Id);
            writer.U16(StreamId.IsVideo(stream.Id) ? (ushort)0xE080 : (ushort)0xC020);      // 128 KiB, 4 KiB of buffer
        }
        return writer.Offset;
    }

    private static int WritePesHead(Span<byte> target, byte id, int payload, PesStamps stamps)
    {
        var options = stamps.Pts is null ? 0 : stamps.Dts is null ? 5 : 10;
        var writer = new ByteWriter(target);
        writer.U32(0x0000_0100u | id);
        writer.U16((ushort)(payload + 3 + options));
        writer.U8((byte)(options == 0 ? 0x80 : 0x84));      // data_alignment_indicator: an access unit begins here
        writer.U8((byte)(options switch { 0 => 0, 5 => 0x80, _ => 0xC0 }));
        writer.U8((byte)options);
        if (stamps.Pts is { } pts)
            WriteStamp(ref writer, (byte)(stamps.Dts is null ? 2 : 3), pts);
        if (stamps.Dts is { } dts)
            WriteStamp(ref writer, 1, dts);
        return writer.Offset;
    }

    /// <summary>prefix(4) [32..30] 1 | [29..15] 1 | [14..0] 1</summary>
    private static void WriteStamp(ref ByteWriter writer, byte prefix, long stamp)
    {
        writer.U8((byte)(prefix << 4 | (int)(stamp >> 30 & 7) << 1 | 1));
        writer.U16((ushort)((stamp >> 15 & 0x7FFF) << 1 | 1));
        writer.U16((ushort)((stamp & 0x7FFF) << 1 | 1));
    }

    /// <summary>Lengths of NAL units become start codes of the same size.</summary>
    private static void ToStartCodes(Span<byte> picture)
    {
        while (picture.Length > 4)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(picture), (uint)(picture.Length - 4));
            BinaryPrimitives.WriteUInt32BigEndian(picture, 1);
            picture = picture[(4 + length)..];
        }
    }
}
