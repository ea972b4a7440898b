using EdgeRecorder.Configuration;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Cameras;

/// <summary>How pictures of all local cameras are to be made, over what their addresses say. What is null, they say.</summary>
/// <param name="Codec">Preferred; where nothing makes it, the other one is made.</param>
internal sealed record EncodingWish(int? Width = null, int? Height = null, double? FramesPerSecond = null, int? BitsPerSecond = null, CameraCodec Codec = CameraCodec.Any)
{
    public static readonly EncodingWish None = new();
}

/// <summary>What is asked of a camera and its encoder, from its address and from what the box was told of all cameras.</summary>
internal sealed record CameraSettings
{
    private const int UsualWidth = 1280, UsualHeight = 720, UsualRate = 25, UsualGopSeconds = 2;
    private const double BitsPerPixel = 0.1;

    public required string Device { get; init; }
    public int? Input { get; init; }
    public int Width { get; init; } = UsualWidth;
    public int Height { get; init; } = UsualHeight;

    /// <summary>Null: as the camera has it.</summary>
    public double? FramesPerSecond { get; init; }
    public int? BitsPerSecond { get; init; }
    public int? GopPictures { get; init; }

    /// <summary>What may be made, the preferred one first.</summary>
    public required IReadOnlyList<Codec> Codecs { get; init; }

    /// <summary>Pictures are copied into the encoder, because it did not take the camera's memory.</summary>
    public bool Copies { get; init; }

    public static CameraSettings Of(CameraAddress address, EncodingWish wish) => new()
    {
        Device = address.Device,
        Input = address.Input,
        Width = wish.Width ?? address.Width ?? UsualWidth,
        Height = wish.Height ?? address.Height ?? UsualHeight,
        FramesPerSecond = wish.FramesPerSecond ?? address.FramesPerSecond,
        BitsPerSecond = wish.BitsPerSecond ?? address.BitsPerSecond,
        GopPictures = address.GopPictures,
        Codecs = (wish.Codec, address.Codec) switch
        {
            (CameraCodec.H264, _) => [Codec.H264, Codec.H265],
            (CameraCodec.H265, _) => [Codec.H265, Codec.H264],
            (_, CameraCodec.H264) => [Codec.H264],
            (_, CameraCodec.H265) => [Codec.H265],
            _ => [Codec.H264, Codec.H265],
        },
    };

    /// <summary>Pictures per second as a fraction, for the driver; null when the camera is to keep its own pace.</summary>
    public (uint Frames, uint Seconds)? Pace => FramesPerSecond is { } rate ? ((uint)Math.Round(rate * 1000), 1000u) : null;

    public static double RateOf(VideoCapture capture) => capture.FramesPerSecond > 0 ? capture.FramesPerSecond : UsualRate;

    /// <summary>A sync sample at least so often.</summary>
    public int GopOf(VideoCapture capture) => GopPictures ?? Math.Clamp((int)Math.Round(RateOf(capture) * UsualGopSeconds), 1, 600);

    public int BitsOf(VideoCapture capture) => BitsPerSecond ?? (int)Math.Clamp(capture.Format.Width * (double)capture.Format.Height * RateOf(capture) * BitsPerPixel, 200_000, 20_000_000);

    public static uint FourCC(Codec codec) => codec == Codec.H265 ? V4L2_PIX_FMT_HEVC : V4L2_PIX_FMT_H264;

    public static Codec CodecOf(uint fourCC) => fourCC == V4L2_PIX_FMT_HEVC ? Codec.H265 : Codec.H264;

    public static string Name(Codec codec) => codec == Codec.H265 ? "H.265" : "H.264";
}
