using System.Buffers;
using System.Buffers.Binary;

namespace EdgeRecorder.Simulators.GbDevice.Media;

/// <summary>Writes the layers of a program stream one behind the other (ISO/IEC 13818-1, 2.5).</summary>
internal sealed class PsWriter
{
    public const byte Video = 0xE0, Audio = 0xC0, PrivateOne = 0xBD, PrivateTwo = 0xBF;

    /// <summary>Largest PES_packet_length.</summary>
    public const int LargestPes = 65_535;

    private const int MuxRate = 6106;                          // of 50 bytes per second: 2.4 Mbit/s, as a camera says it whatever it sends

    private readonly ArrayBufferWriter<byte> _bytes = new(64 * 1024);

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    /// <code>00 00 01 BA | 01 SCR[32..30] 1 SCR[29..15] 1 SCR[14..0] 1 extension(9) 1 | mux rate(22) 11 | 11111 length of stuffing(3) | stuffing</code>
    public void PackHeader(long scr90k, ReadOnlySpan<byte> stuffing)
    {
        scr90k &= (1L << 33) - 1;
        Span<byte> header = stackalloc byte[14];
        header[2] = 1;
        header[3] = 0xBA;
        var clock = 1L << 46 | (scr90k >> 30 & 7) << 43 | 1L << 42 | (scr90k >> 15 & 0x7FFF) << 27 | 1L << 26 | (scr90k & 0x7FFF) << 11 | 1L << 10 | 1;
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(clock >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(header[6..], (uint)clock);
        BinaryPrimitives.WriteUInt32BigEndian(header[10..], (uint)((MuxRate << 2 | 3) << 8 | 0xF8 | stuffing.Length));
        _bytes.Write(header);
        _bytes.Write(stuffing);
    }

    /// <code>00 00 01 BB | length(2) | 1 rate bound(22) 1 | audio bound(6) fixed CSPS | locks 1 video bound(5) | restriction | stream(1) 11 scale(1) size(13), …</code>
    public void SystemHeader(bool hasPrivate)
    {
        // One audio and one video stream with buffers of 480 KiB and 24 KiB, whether they are sent or not: as cameras have it.
        ReadOnlySpan<byte> streams = hasPrivate ? [Video, 0xE0, 0x80, Audio, 0xC0, 0x20, PrivateOne, 0xE0, 0x80, PrivateTwo, 0xE0, 0x80] : [Video, 0xE0, 0x80, Audio, 0xC0, 0x20];
        const int rateBound = MuxRate;
        var bound = 1 << 23 | rateBound << 1 | 1;
        _bytes.Write<byte>([0, 0, 1, 0xBB, 0, (byte)(6 + streams.Length), (byte)(bound >> 16), (byte)(bound >> 8), unchecked((byte)bound), 0x04, 0xE1, 0x7F]);
        _bytes.Write(streams);
    }

    /// <code>00 00 01 BC | length(2) | 1 11 version(5) | FF | info length(2) | map length(2) | { type, stream, info length(2) }… | CRC(4)</code>
    public void StreamMap(ReadOnlySpan<(byte Type, byte Stream)> streams)
    {
        var map = new byte[12 + 4 * streams.Length + 4];
        map[2] = 1;
        map[3] = 0xBC;
        BinaryPrimitives.WriteUInt16BigEndian(map.AsSpan(4), (ushort)(map.Length - 6));
        map[6] = 0xE0;
        map[7] = 0xFF;
        BinaryPrimitives.WriteUInt16BigEndian(map.AsSpan(10), (ushort)(4 * streams.Length));
        for (var i = 0; i < streams.Length; i++)
            (map[12 + 4 * i], map[13 + 4 * i]) = streams[i];
        BinaryPrimitives.WriteUInt32BigEndian(map.AsSpan(map.Length - 4), Crc(map.AsSpan(0, map.Length - 4)));
        _bytes.Write(map);
    }

    /// <summary>One PES packet of what it is given in two pieces.</summary>
    /// <param name="dts">Null where it is the presentation time.</param>
    /// <param name="isUnbounded">PES_packet_length 0.</param>
    /// <code>00 00 01 stream | length(2) | 10 00 0 alignment 00 | times(2) 000000 | length of header | times | payload</code>
    public void Pes(byte stream, ReadOnlySpan<byte> payload, long? pts, long? dts, bool isUnbounded = false)
    {
        Span<byte> times = stackalloc byte[10];
        var length = 0;
        if (pts is { } presented)
        {
            WriteTime(times, dts is null ? 2 : 3, presented);
            length = 5;
            if (dts is { } decoded)
            {
                WriteTime(times[5..], 1, decoded);
                length = 10;
            }
        }
        var packet = isUnbounded ? 0 : 3 + length + payload.Length;
        _bytes.Write<byte>([0, 0, 1, stream, (byte)(packet >> 8), (byte)packet, (byte)(pts is null ? 0x80 : 0x84), (byte)(length switch { 5 => 0x80, 10 => 0xC0, _ => 0 }), (byte)length]);
        _bytes.Write(times[..length]);
        _bytes.Write(payload);
    }

    /// <summary>What a maker puts behind his pictures, with what looks like start codes in it.</summary>
    public void Private(byte number)
    {
        Span<byte> payload = stackalloc byte[96];
        payload.Fill(number);
        payload[0] = 0x48;                                     // in the place where others say what sub-stream it is
        ((ReadOnlySpan<byte>)[0, 0, 1, 0xBA, 0x44, 0, 0, 1, Video, 0, 0, 0, 1, 0x67]).CopyTo(payload[20..]);
        Pes(PrivateOne, payload, null, null);
        _bytes.Write<byte>([0, 0, 1, PrivateTwo, 0, 8, 0, 0, 1, Video, 0, 16, number, number]);
    }

    /// <code>prefix(4) time[32..30] 1 | time[29..15] 1 | time[14..0] 1</code>
    private static void WriteTime(Span<byte> target, int prefix, long time)
    {
        time &= (1L << 33) - 1;
        target[0] = (byte)(prefix << 4 | (int)(time >> 30) << 1 | 1);
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)(time >> 15 << 1 | 1));
        BinaryPrimitives.WriteUInt16BigEndian(target[3..], (ushort)(time << 1 | 1));
    }

    /// <summary>CRC-32 of ISO/IEC 13818-1, annex B: polynomial 04C11DB7, begun with ones, nothing reflected.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= (uint)b << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x8000_0000) != 0 ? crc << 1 ^ 0x04C1_1DB7 : crc << 1;
        }
        return crc;
    }
}
