namespace EdgeRecorder.MpegPs;

/// <summary>The byte behind 00 00 01 (ISO/IEC 13818-1, 2.4.4 and table 2-22). None of them can be a NAL unit's header: those have their first bit clear.</summary>
internal static class StreamId
{
    public const byte End = 0xB9;
    public const byte Pack = 0xBA;
    public const byte SystemHeader = 0xBB;
    public const byte Map = 0xBC;

    /// <summary>The first of each kind: what our own muxer uses.</summary>
    public const byte Audio = 0xC0;
    public const byte Video = 0xE0;

    public static bool IsAudio(byte id) => id is >= 0xC0 and <= 0xDF;

    public static bool IsVideo(byte id) => id is >= 0xE0 and <= 0xEF;
}
