using EdgeRecorder.Media;
using EdgeRecorder.Platform.V4l2;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Cameras;

/// <summary>A camera that encodes itself: its pictures are taken as they are.</summary>
internal sealed class CodedPipe(VideoDevice camera, VideoCapture capture, Codec codec) : CameraPipe(camera, capture, codec)
{
    public override string Description => $"encoded by the camera as {CameraSettings.Name(Codec)}";

    protected override int LeastBytes => 1;

    /// <exception cref="NotSupportedException">The driver delivers something else after all.</exception>
    public static CodedPipe Open(VideoDevice camera, CameraSettings wanted, Codec codec)
    {
        var capture = new VideoCapture(camera, CameraSettings.FourCC(codec), wanted.Width, wanted.Height, wanted.Pace);
        if (capture.Format.FourCC != CameraSettings.FourCC(codec))
        {
            capture.Dispose();
            throw new NotSupportedException($"{camera.Path} does not deliver {CameraSettings.Name(codec)}");
        }
        // Asked for in the address only: a camera's own settings are somebody's choice.
        if (wanted.BitsPerSecond is { } bits)
            camera.TrySet(V4L2_CID_MPEG_VIDEO_BITRATE, bits);
        if (wanted.GopPictures is { } gop && !camera.TrySet(V4L2_CID_MPEG_VIDEO_GOP_SIZE, gop))
            camera.TrySet(V4L2_CID_MPEG_VIDEO_H264_I_PERIOD, gop);
        return new(camera, capture, codec);
    }

    protected override void Take(in CapturedPicture picture, CodedBytes coded)
    {
        coded(Capture.Bytes(picture), picture.Time);
        Capture.GiveBack(picture);
    }

    protected override void Collect(CodedBytes coded)
    {
        // Nothing lies between the camera and us.
    }
}
