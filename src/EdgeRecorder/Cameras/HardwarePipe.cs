using EdgeRecorder.Media;
using EdgeRecorder.Platform.FFmpeg;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.V4l2;
using Microsoft.Win32.SafeHandles;
using static EdgeRecorder.Platform.V4l2.VideoAbi;

namespace EdgeRecorder.Cameras;

/// <summary>A camera whose pictures go into a stateful encoder of the kernel: in its own memory (dmabuf) where both can, otherwise copied once, and converted on the way where they must be.</summary>
internal sealed class HardwarePipe : CameraPipe
{
    private readonly VideoDevice _device;
    private readonly VideoEncoder _encoder;
    private readonly PictureArea[] _areas;                  // of the camera's pictures
    private readonly PictureConverter? _converter;
    private readonly SafeFileHandle[]? _memory;             // the camera's, where it is shared
    private readonly CapturedPicture[] _lent;               // by the encoder's number
    private bool _hasShared;
    private bool _refusesSharing;

    private HardwarePipe(VideoDevice camera, VideoCapture capture, VideoDevice device, VideoEncoder encoder, PictureConverter? converter, SafeFileHandle[]? memory, Codec codec) : base(camera, capture, codec)
    {
        (_device, _encoder, _converter, _memory) = (device, encoder, converter, memory);
        _areas = RawPicture.Areas(capture.Format, Width, Height);
        LeastBytes = PixelBytes(capture.Format);
        _lent = new CapturedPicture[32];
    }

    public override string Description
        => $"encoded as {CameraSettings.Name(Codec)} by {_device.Path} ({_device.Card}), pictures {(_memory is not null ? "shared" : _converter is not null ? $"converted to {PixelFormat.Name(_encoder.RawFormat.FourCC)}" : "copied")}";

    public override bool RefusesSharing => _refusesSharing;

    protected override int LeastBytes { get; }

    /// <summary>Bytes from the first to the last of a picture.</summary>
    public static int PixelBytes(VideoFormat format)
    {
        var last = RawPicture.Areas(format, (int)format.Width, (int)format.Height)[^1];
        return last.Offset + last.Stride * (last.Lines - 1) + last.Bytes;
    }

    /// <summary>Takes camera, capture and device over when it returns.</summary>
    /// <exception cref="NotSupportedException">The encoder takes none of these pictures.</exception>
    public static HardwarePipe Open(VideoDevice camera, VideoCapture capture, VideoDevice device, CameraSettings wanted, Codec codec)
    {
        var settings = new EncoderSettings
        {
            Coded = CameraSettings.FourCC(codec), Width = (int)capture.Format.Width, Height = (int)capture.Format.Height, FramesPerSecond = (uint)Math.Max(1, Math.Round(CameraSettings.RateOf(capture))),
            Raw = [capture.Format.FourCC, .. RawPicture.Formats.Where(format => format != capture.Format.FourCC && IsWorthIt(format))],
            Controls = EncoderSettings.Recording(wanted.BitsOf(capture), wanted.GopOf(capture)),
        };
        if (!wanted.Copies && Share(capture, device, settings) is (var sharing, var memory))
            return new(camera, capture, device, sharing, null, memory, codec);
        var encoder = new VideoEncoder(device, settings);
        PictureConverter? converter = null;
        try
        {
            if (encoder.RawFormat.FourCC != capture.Format.FourCC)
                converter = FFmpegLibraries.WhyNot is { } missing ? throw new NotSupportedException(missing)
                    : new PictureConverter(PixelLayouts.Of(capture.Format, settings.Width, settings.Height), PixelLayouts.Of(encoder.RawFormat, settings.Width, settings.Height));
        }
        catch (Exception e) when (e is NotSupportedException or FFmpegException)
        {
            encoder.Dispose();
            throw;
        }
        return new(camera, capture, device, encoder, converter, null, codec);
    }

    public override void Dispose()
    {
        _encoder.Dispose();
        _converter?.Dispose();
        _device.Dispose();
        foreach (var area in _memory ?? [])
            area.Dispose();
        base.Dispose();
    }

    protected override void Wait(TimeSpan most) => Capture.WaitBeside(_encoder, most);

    protected override void Take(in CapturedPicture picture, CodedBytes coded)
    {
        if (_memory is not null)
        {
            if (!TryShare(picture))
                Capture.GiveBack(picture);
            return;
        }
        if (_encoder.Lend() is not { } lent)
            Miss(1);
        else
        {
            if (_converter is not null)
                _converter.Convert(Capture.Bytes(picture), _encoder.Memory(lent));
            else
                RawPicture.Copy(Capture.Bytes(picture), _areas, _encoder.Memory(lent), _encoder.Areas);
            _encoder.Encode(lent, picture.Time);
        }
        Capture.GiveBack(picture);
    }

    protected override void Collect(CodedBytes coded)
    {
        while (_encoder.TryTake(TimeSpan.Zero, coded)) { }
        if (_memory is not null)
            while (_encoder.TakeBack(out var index))
                Capture.GiveBack(_lent[index]);
    }

    private bool TryShare(in CapturedPicture picture)
    {
        try
        {
            if (!_refusesSharing && _encoder.TryEncode(_memory![picture.Index], Capture.Format.Planes[0].SizeImage, picture.Bytes, picture.Time, out var index))
            {
                (_lent[index], _hasShared) = (picture, true);
                return true;
            }
            Miss(1);
        }
        catch (ErrnoException e) when (!_hasShared && e.Errno != ENODEV)
        {
            // Memory of this camera is not what that encoder can reach: in pieces, or out of its sight.
            _refusesSharing = true;
        }
        return false;
    }

    /// <summary>An encoder on the camera's memory; null where the two lay pictures out differently, or one of them does not share.</summary>
    private static (VideoEncoder Encoder, SafeFileHandle[] Memory)? Share(VideoCapture capture, VideoDevice device, EncoderSettings settings)
    {
        VideoEncoder? encoder = null;
        List<SafeFileHandle> memory = [];
        try
        {
            encoder = new VideoEncoder(device, settings with { Raw = [capture.Format.FourCC], TakesForeignMemory = true, Buffers = capture.Buffers });
            var (from, to) = (capture.Format, encoder.RawFormat);
            if ((from.Width, from.Height, from.Planes[0].BytesPerLine) == (to.Width, to.Height, to.Planes[0].BytesPerLine) && from.Planes[0].SizeImage >= to.Planes[0].SizeImage)
            {
                for (var i = 0; i < capture.Buffers; i++)
                    memory.Add(capture.Export(i));
                return (encoder, [.. memory]);
            }
        }
        catch (Exception e) when (e is NotSupportedException or ErrnoException { Errno: not ENODEV })
        {
            // It copies then.
        }
        encoder?.Dispose();
        foreach (var area in memory)
            area.Dispose();
        return null;
    }

    /// <summary>Colours that an encoder converts again inside are not asked for as long as there are others.</summary>
    private static bool IsWorthIt(uint format) => format is V4L2_PIX_FMT_NV12 or V4L2_PIX_FMT_YUV420 or V4L2_PIX_FMT_NV21 or V4L2_PIX_FMT_YUYV or V4L2_PIX_FMT_UYVY;
}
