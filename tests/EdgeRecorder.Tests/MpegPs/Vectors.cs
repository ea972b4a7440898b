namespace EdgeRecorder.Tests.MpegPs;

/// <summary>Two frames as GB/T 28181 wants them: H.264 of 16 × 16 and A-law, 259 bytes; ffmpeg decodes two grey pictures. Written by hand, not by the muxer.</summary>
internal static class Vectors
{
    public static readonly byte[] Pack = Hex("000001ba 4400dd6c8401 005f6bf8");
    public static readonly byte[] SystemHeader = Hex("000001bb 000c 802fb5 04 e1 7f e0e080 c0c020");
    public static readonly byte[] Map = Hex("000001bc 0012 e0ff 0000 0008 1be00000 90c00000 fedfb1d7");
    public static readonly byte[] Idr = Hex("00000001 6742c00ada7b0110000003001000000303 28f1226a 00000001 68ce0fc8 00000001 6588843a26280e");
    public static readonly byte[] VideoPes = [.. Hex("000001e0 0034 848005 2100377741"), .. Idr];
    public static readonly byte[] Silence = [.. Enumerable.Repeat((byte)0xD5, 40)];
    public static readonly byte[] AudioPes = [.. Hex("000001c0 0030 848005 2100377741"), .. Silence];
    public static readonly byte[] SecondPack = Hex("000001ba 4400dddd0401 005f6bf8");
    public static readonly byte[] SecondVideoPes = Hex("000001e0 0011 848005 2100379361 00000001 419a202694");
    public static readonly byte[] SecondAudioPes = [.. Hex("000001c0 0030 848005 2100379361"), .. Silence];

    /// <summary>168 bytes, then 91.</summary>
    public static readonly byte[] First = [.. Pack, .. SystemHeader, .. Map, .. VideoPes, .. AudioPes];
    public static readonly byte[] Second = [.. SecondPack, .. SecondVideoPes, .. SecondAudioPes];
    public static readonly byte[] Stream = [.. First, .. Second];

    /// <summary>H.265 and AAC.</summary>
    public static readonly byte[] OtherMap = Hex("000001bc 0012 e0ff 0000 0008 24e00000 0fc00000 eac5e41d");

    /// <summary>A private stream as one vendor puts it behind every picture: what is in it looks like a pack and a picture.</summary>
    public static readonly byte[] Private = [.. Hex("000001bd 006a 8c8007"), .. Hex("000001ba 4400dd6c8401005f6bf8 000001e0 0034 848005 2100377741 00000001 65"), .. Enumerable.Repeat((byte)0, 70)];

    public static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
