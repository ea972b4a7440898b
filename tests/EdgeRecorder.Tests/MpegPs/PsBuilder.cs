namespace EdgeRecorder.Tests.MpegPs;

/// <summary>Program streams written byte by byte from ISO/IEC 13818-1; shares nothing with the muxer.</summary>
internal static class PsBuilder
{
    public static byte[] Pack(long scr, params byte[] stuffing)
        => [0, 0, 1, 0xBA, (byte)(0x44 | scr >> 27 & 0x38 | scr >> 28 & 3), (byte)(scr >> 20), (byte)(scr >> 12 & 0xF8 | 4 | scr >> 13 & 3), (byte)(scr >> 5), (byte)(scr << 3 & 0xF8 | 4), 1,
            1, 0x5F, 0x6B, (byte)(0xF8 | stuffing.Length), .. stuffing];

    public static byte[] Pes(byte id, byte[] payload, long? pts = null, long? dts = null, int? length = null, int stuffing = 0)
    {
        List<byte> options = [];
        if (pts is { } p)
            options.AddRange(Stamp(dts is null ? 2 : 3, p));
        if (dts is { } d)
            options.AddRange(Stamp(1, d));
        options.AddRange(Enumerable.Repeat((byte)0xFF, stuffing));
        var size = length ?? payload.Length + 3 + options.Count;
        return [0, 0, 1, id, (byte)(size >> 8), (byte)size, 0x80, (byte)(dts is not null ? 0xC0 : pts is not null ? 0x80 : 0), (byte)options.Count, .. options, .. payload];
    }

    public static byte[] Map(params (byte Type, byte Id)[] streams)
    {
        var length = 10 + streams.Length * 4;
        return [0, 0, 1, 0xBC, 0, (byte)length, 0xE0, 0xFF, 0, 0, 0, (byte)(streams.Length * 4), .. streams.SelectMany(stream => (byte[])[stream.Type, stream.Id, 0, 0]), 0, 0, 0, 0];
    }

    /// <summary>A little AAC frame in ADTS: 16 kHz, mono; not to be decoded.</summary>
    public static byte[] Adts(int number, int size = 40)
    {
        var length = 7 + size;
        return [0xFF, 0xF1, 0x60, (byte)(0x40 | length >> 11), (byte)(length >> 3), (byte)(length << 5 | 0x1F), 0xFC, (byte)number, .. Enumerable.Repeat((byte)0x21, size - 1)];
    }

    private static byte[] Stamp(int prefix, long value)
        => [(byte)(prefix << 4 | (int)(value >> 30 & 7) << 1 | 1), (byte)(value >> 22), (byte)(value >> 14 | 1), (byte)(value >> 7), (byte)(value << 1 | 1)];
}
