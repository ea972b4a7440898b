namespace EdgeRecorder.Simulators.Clips;

internal enum VideoCodec
{
    H264,
    H265,
}

/// <summary>The NAL units of one picture, as ranges of the clip file.</summary>
internal sealed record Picture(List<Range> NalUnits, bool IsSync);

/// <summary>Splits an Annex B byte stream into NAL units and groups them into pictures (ITU-T H.264 and H.265, Annex B and 7.4.1.2.3 / 7.4.2.4.4).</summary>
internal static class NalUnits
{
    public static List<Range> Split(ReadOnlySpan<byte> stream)
    {
        var units = new List<Range>();
        var begin = -1;
        for (var at = 0; ;)
        {
            var code = stream[at..].IndexOf<byte>([0, 0, 1]);
            var end = code < 0 ? stream.Length : at + code;
            if (begin >= 0)
            {
                // trailing_zero_8bits and the zero_byte of the next start code belong to no NAL unit.
                var last = end;
                while (last > begin && stream[last - 1] == 0)
                    last--;
                if (last > begin)
                    units.Add(begin..last);
            }
            if (code < 0)
                return units;
            at = begin = end + 3;
        }
    }

    public static List<Picture> Group(ReadOnlySpan<byte> stream, VideoCodec codec)
    {
        var pictures = new List<Picture>();
        var open = new List<Range>();
        bool hasSlice = false, isSync = false;
        foreach (var range in Split(stream))
        {
            var nal = stream[range];
            if (hasSlice && BeginsPicture(nal, codec))
            {
                pictures.Add(new Picture(open, isSync));
                open = [];
                hasSlice = isSync = false;
            }
            open.Add(range);
            hasSlice |= IsSlice(nal, codec);
            isSync |= IsSyncSlice(nal, codec);
        }
        if (hasSlice)
            pictures.Add(new Picture(open, isSync));
        return pictures;
    }

    public static int Type(ReadOnlySpan<byte> nal, VideoCodec codec) => codec == VideoCodec.H264 ? nal[0] & 0x1F : nal[0] >> 1 & 0x3F;

    /// <summary>VPS, SPS or PPS.</summary>
    public static bool IsParameterSet(ReadOnlySpan<byte> nal, VideoCodec codec) => codec == VideoCodec.H264
        ? Type(nal, codec) is 7 or 8
        : Type(nal, codec) is >= 32 and <= 34;

    private static bool IsSlice(ReadOnlySpan<byte> nal, VideoCodec codec) => codec == VideoCodec.H264
        ? Type(nal, codec) is >= 1 and <= 5
        : Type(nal, codec) < 32;

    private static bool IsSyncSlice(ReadOnlySpan<byte> nal, VideoCodec codec) => codec == VideoCodec.H264
        ? Type(nal, codec) == 5
        : Type(nal, codec) is >= 16 and <= 21;

    private static bool BeginsPicture(ReadOnlySpan<byte> nal, VideoCodec codec)
    {
        // A slice begins a picture when first_mb_in_slice is ue(0), or first_slice_segment_in_pic_flag is set: the first bit after the header.
        if (IsSlice(nal, codec))
            return (nal[codec == VideoCodec.H264 ? 1 : 2] & 0x80) != 0;
        return codec == VideoCodec.H264
            ? Type(nal, codec) is (>= 6 and <= 9) or (>= 14 and <= 18)
            : Type(nal, codec) is (>= 32 and <= 35) or 39 or (>= 41 and <= 44) or (>= 48 and <= 55);
    }
}
