using EdgeRecorder.Media;

namespace EdgeRecorder.MpegPs;

/// <summary>Stream types of a program stream map: ISO/IEC 13818-1, table 2-34, and those of GB/T 28181 (2022, C.2).</summary>
internal static class StreamType
{
    public const byte AacAdts = 0x0F;
    public const byte H264 = 0x1B;
    public const byte H265 = 0x24;
    public const byte G711A = 0x90;
    public const byte G711U = 0x91;

    /// <summary>What is recorded; null for everything else.</summary>
    public static Codec? CodecOf(byte type) => type switch
    {
        H264 => Codec.H264,
        H265 => Codec.H265,
        AacAdts => Codec.Aac,
        G711A => Codec.G711A,
        G711U => Codec.G711U,
        _ => null,
    };

    public static byte Of(Codec codec) => codec switch
    {
        Codec.H264 => H264,
        Codec.H265 => H265,
        Codec.Aac => AacAdts,
        Codec.G711A => G711A,
        _ => G711U,
    };

    /// <summary>What a human is told.</summary>
    public static string NameOf(byte type) => type switch
    {
        0x01 or 0x02 => "MPEG video",
        0x03 or 0x04 => "MPEG audio",
        AacAdts => "AAC",
        0x10 => "MPEG-4 video",
        0x11 => "AAC in LATM",
        H264 => "H.264",
        H265 => "H.265",
        0x33 => "H.266",
        0x80 => "SVAC video",
        G711A => "G.711 A-law",
        G711U => "G.711 µ-law",
        0x92 => "G.722.1",
        0x93 => "G.723.1",
        0x99 => "G.729",
        0x9B => "SVAC audio",
        _ => $"stream type {type:X2}",
    };
}
