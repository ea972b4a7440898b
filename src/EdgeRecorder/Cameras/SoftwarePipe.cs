using System.Globalization;
using EdgeRecorder.Media;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.V4l2;

namespace EdgeRecorder.Cameras;

/// <summary>A camera whose pictures x264 encodes, on the cores that record: where the box has no encoder of its own.</summary>
internal sealed class SoftwarePipe : CameraPipe
{
    private const int MostThreads = 4;

    private readonly Encoder _encoder;
    private readonly PictureConverter _converter;
    private readonly Frame _picture;
    private readonly Packet _packet = new();
    private readonly string _why;

    private SoftwarePipe(VideoDevice camera, VideoCapture capture, Encoder encoder, PictureConverter converter, Frame picture, string why) : base(camera, capture, Codec.H264)
    {
        (_encoder, _converter, _picture, _why) = (encoder, converter, picture, why);
        LeastBytes = HardwarePipe.PixelBytes(capture.Format);
    }

    public override string Description => "encoded as H.264 by libx264";

    public override string Remark => $"{_why}: encoded by libx264, on the processor";

    protected override int LeastBytes { get; }

    /// <param name="why">There is no other way.</param>
    /// <exception cref="FFmpegException">The library has no libx264, or refuses the size.</exception>
    public static SoftwarePipe Open(VideoDevice camera, VideoCapture capture, CameraSettings wanted, string why)
    {
        var (width, height, bits, rate) = ((int)capture.Format.Width, (int)capture.Format.Height, wanted.BitsOf(capture), CameraSettings.RateOf(capture));
        var encoder = Encoder.Open(new PictureEncoding("libx264", width, height, new AVRational { num = 1, den = 1_000_000 }, new AVRational { num = (int)Math.Round(rate * 1000), den = 1000 })
        {
            GopPictures = wanted.GopOf(capture), Threads = Math.Min(Environment.ProcessorCount, MostThreads), BitRate = bits,
            // No picture waits for a later one, and a sync sample comes when it is due and not when the scene changes.
            Options = [("preset", "superfast"), ("tune", "zerolatency"), ("sc_threshold", "0"), ("maxrate", Text(bits)), ("bufsize", Text(bits))],
        });
        PictureConverter? converter = null;
        try
        {
            converter = new PictureConverter(PixelLayouts.Of(capture.Format, width, height), null);
            return new(camera, capture, encoder, converter, Frame.NewPicture(width, height, fullRange: false), why);
        }
        catch (FFmpegException)
        {
            converter?.Dispose();
            encoder.Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        _encoder.Dispose();
        _converter.Dispose();
        _picture.Dispose();
        _packet.Dispose();
        base.Dispose();
    }

    protected override void Take(in CapturedPicture picture, CodedBytes coded)
    {
        _picture.MakeWritable();
        _converter.Convert(Capture.Bytes(picture), _picture);
        var time = picture.Time;
        Capture.GiveBack(picture);
        _picture.Pts = (long)time.TotalMicroseconds;
        _encoder.Send(_picture);
        Collect(coded);
    }

    protected override void Collect(CodedBytes coded)
    {
        while (_encoder.TryReceive(_packet))
            coded(_packet.Bytes, TimeSpan.FromMicroseconds(_packet.Pts));
    }

    private static string Text(int bits) => bits.ToString(CultureInfo.InvariantCulture);
}
