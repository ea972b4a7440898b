using System.Buffers.Binary;
using System.Numerics;
using EdgeRecorder.Audio;
using EdgeRecorder.H26x;
using EdgeRecorder.Media;

namespace EdgeRecorder.MpegTs;

/// <summary>
/// Writes samples as a transport stream (ISO/IEC 13818-1, 2.4): PAT and PMT at the head of every fragment, pictures in one PES packet each with an access unit delimiter in front, AAC frames
/// gathered in PES packets, the clock (PCR) beside the pictures, or beside the sound where there are none. A null packet ends every fragment: behind it the stream is whole.
/// </summary>
/// <remarks>One buffer, reused: <see cref="Written"/> is good until <see cref="Begin"/>. Not thread-safe.</remarks>
internal sealed class TsWriter
{
    public const int PacketLength = 188;
    public const int NullPid = 0x1FFF;

    /// <summary>0.3 s: what begins at 0 has this stamp, so that decoding times of reordered pictures and the clock in front of them are not negative.</summary>
    public const long Lead90k = 27_000;

    private const long ClockAhead90k = 9_000;               // what arrives is to be decoded 0.1 s later
    private const long ClockEvery90k = 7_200;               // 2.7.2: at least every 0.1 s
    private const long LongestPause90k = 180_000;           // a hole is not filled with clocks
    private const int Payload = PacketLength - 4;
    private const byte Sync = 0x47;
    private const byte VideoId = 0xE0, AudioId = 0xC0;

    private readonly Track? _video, _audio;
    private readonly long _ahead90k;
    private readonly TsTables _tables;
    private readonly byte[] _counters = new byte[4];        // PAT, PMT, video, audio
    private byte[] _buffer = new byte[256 * PacketLength];
    private byte[] _packet = new byte[64 * 1024];
    private int _length;
    private long? _clock;

    /// <param name="tracks">One of H.264 or H.265, one of AAC, or one of both.</param>
    /// <param name="later90k">How much further ahead the clock goes than it must, for sound that is written behind its pictures.</param>
    public TsWriter(IReadOnlyList<Track> tracks, long later90k = 0)
    {
        _ahead90k = ClockAhead90k + later90k;
        _video = tracks.FirstOrDefault(track => track.IsVideo);
        _audio = tracks.FirstOrDefault(track => track.Codec == Codec.Aac);
        _tables = new TsTables(_video, _audio);
    }

    /// <summary>What a transport stream has a stream type for.</summary>
    public static bool CanHold(Track track) => track.Codec is Codec.H264 or Codec.H265 or Codec.Aac;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The head of a fragment.</summary>
    public void Begin()
    {
        _length = 0;
        WriteSection(0, TsTables.PatPid, _tables.Pat);
        WriteSection(1, TsTables.PmtPid, _tables.Pmt);
    }

    /// <summary>The end of a fragment.</summary>
    public void End()
    {
        var packet = Next();
        packet.Fill(0xFF);
        (packet[0], packet[1], packet[2], packet[3]) = (Sync, NullPid >> 8, NullPid & 0xFF, 0x10);
    }

    /// <summary>A picture: NAL units behind lengths of four bytes.</summary>
    /// <param name="dts90k">Not later than <paramref name="pts90k"/>; 33 bits of both are written.</param>
    public void AddPicture(long pts90k, long dts90k, bool isSync, ReadOnlySpan<byte> sample)
    {
        Reserve(ref _packet, sample.Length + 8);            // lengths and start codes are alike
        var length = 0;
        if (sample.Length > 4 && NalHead.Read(_video!.Codec, sample[4..]).Kind != NalKind.Delimiter)
        {
            // primary_pic_type, pic_type: any slices (H.264 7.4.2.4, H.265 7.4.3.5)
            ReadOnlySpan<byte> delimiter = _video.Codec == Codec.H264 ? [0, 0, 0, 1, 0x09, 0xF0] : [0, 0, 0, 1, 0x46, 0x01, 0x50];
            delimiter.CopyTo(_packet);
            length = delimiter.Length;
        }
        while (sample.Length > 4)
        {
            var nal = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(sample), (uint)(sample.Length - 4));
            BinaryPrimitives.WriteUInt32BigEndian(_packet.AsSpan(length), 1);
            sample.Slice(4, nal).CopyTo(_packet.AsSpan(length + 4));
            length += 4 + nal;
            sample = sample[(4 + nal)..];
        }
        FillPause(dts90k);
        WritePes(2, TsTables.VideoPid, VideoId, pts90k, dts90k, isSync, Clock(dts90k), _packet.AsSpan(0, length));
    }

    /// <summary>AAC frames that follow one another, some tenths of a second at the most.</summary>
    /// <param name="frames">Where they lie in <paramref name="media"/>.</param>
    public void AddSound(long pts90k, ReadOnlySpan<byte> media, ReadOnlySpan<(int Offset, int Length)> frames)
    {
        var length = 0;
        foreach (var (offset, count) in frames)
        {
            Reserve(ref _packet, length + AdtsHeader.ShortestLength + count);
            AdtsHeader.Write(_packet.AsSpan(length), _audio!.AudioSpecificConfig, AdtsHeader.ShortestLength + count);
            media.Slice(offset, count).CopyTo(_packet.AsSpan(length + AdtsHeader.ShortestLength));
            length += AdtsHeader.ShortestLength + count;
        }
        WritePes(3, TsTables.AudioPid, AudioId, pts90k, pts90k, isSync: _video is null, _video is null ? Clock(pts90k) : null, _packet.AsSpan(0, length));
    }

    private long Clock(long dts90k) => (_clock = dts90k - _ahead90k).Value;

    /// <summary>Clocks alone, where pictures come more slowly than clocks must.</summary>
    private void FillPause(long dts90k)
    {
        if (_clock is not { } clock || dts90k - _ahead90k - clock > LongestPause90k)
            return;
        for (clock += ClockEvery90k; clock < dts90k - _ahead90k; clock += ClockEvery90k)
        {
            var packet = Next();
            packet.Fill(0xFF);
            // An adaptation field alone does not count (2.4.3.3).
            (packet[0], packet[1], packet[2], packet[3], packet[4], packet[5]) = (Sync, TsTables.VideoPid >> 8, TsTables.VideoPid & 0xFF, (byte)(0x20 | _counters[2] - 1 & 15), Payload - 1, 0x10);
            WriteClock(packet[6..], clock);
        }
    }

    private void WriteSection(int stream, int pid, ReadOnlySpan<byte> section)
    {
        var packet = Next();
        packet.Fill(0xFF);
        (packet[0], packet[1], packet[2], packet[3], packet[4]) = (Sync, (byte)(0x40 | pid >> 8), (byte)pid, (byte)(0x10 | _counters[stream]++ & 15), 0);
        section.CopyTo(packet[5..]);
    }

    private void WritePes(int stream, int pid, byte id, long pts, long dts, bool isSync, long? clock, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[19];
        head = head[..WritePesHead(head, id, pts, dts, payload.Length)];
        for (var (done, all) = (0, head.Length + payload.Length); done < all;)
        {
            var isFirst = done == 0;
            var adaptation = !isFirst ? 0 : clock is not null ? 8 : isSync ? 2 : 0;
            var count = Math.Min(all - done, Payload - adaptation);
            adaptation = Payload - count;                   // what is not filled is stuffed
            var packet = Next();
            (packet[0], packet[1], packet[2], packet[3]) = (Sync, (byte)((isFirst ? 0x40 : 0) | pid >> 8), (byte)pid, (byte)((adaptation > 0 ? 0x30 : 0x10) | _counters[stream]++ & 15));
            if (adaptation > 0)
                packet[4] = (byte)(adaptation - 1);
            if (adaptation > 1)
            {
                packet[5..(4 + adaptation)].Fill(0xFF);
                packet[5] = (byte)(isFirst && isSync ? 0x40 : 0);
                if (isFirst && clock is { } now)
                {
                    packet[5] |= 0x10;
                    WriteClock(packet[6..], now);
                }
            }
            var target = packet[(4 + adaptation)..];
            var ofHead = head[Math.Min(done, head.Length)..];
            ofHead.CopyTo(target);
            payload.Slice(done + ofHead.Length - head.Length, count - ofHead.Length).CopyTo(target[ofHead.Length..]);
            done += count;
        }
    }

    /// <summary>2.4.3.6. A length of 0, for pictures only: up to where the next begins.</summary>
    private static int WritePesHead(Span<byte> target, byte id, long pts, long dts, int payload)
    {
        var stamps = pts == dts ? 5 : 10;
        BinaryPrimitives.WriteUInt32BigEndian(target, 0x0000_0100u | id);
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], (ushort)(id == VideoId ? 0 : payload + 3 + stamps));
        (target[6], target[7], target[8]) = (0x84, (byte)(stamps == 5 ? 0x80 : 0xC0), (byte)stamps);      // data_alignment_indicator
        WriteStamp(target[9..], stamps == 5 ? 2 : 3, pts);
        if (stamps == 10)
            WriteStamp(target[14..], 1, dts);
        return 9 + stamps;
    }

    /// <summary>prefix(4) [32..30] 1 | [29..15] 1 | [14..0] 1</summary>
    private static void WriteStamp(Span<byte> target, int prefix, long stamp)
    {
        target[0] = (byte)(prefix << 4 | (int)(stamp >> 30 & 7) << 1 | 1);
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)((stamp >> 15 & 0x7FFF) << 1 | 1));
        BinaryPrimitives.WriteUInt16BigEndian(target[3..], (ushort)((stamp & 0x7FFF) << 1 | 1));
    }

    /// <summary>base(33) reserved(6) extension(9)</summary>
    private static void WriteClock(Span<byte> target, long clock90k)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)(clock90k >> 1));
        BinaryPrimitives.WriteUInt16BigEndian(target[4..], (ushort)((clock90k & 1) << 15 | 0x7E00));
    }

    private Span<byte> Next()
    {
        Reserve(ref _buffer, _length + PacketLength);
        _length += PacketLength;
        return _buffer.AsSpan(_length - PacketLength, PacketLength);
    }

    private static void Reserve(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
            Array.Resize(ref buffer, (int)BitOperations.RoundUpToPowerOf2((uint)length));
    }
}
