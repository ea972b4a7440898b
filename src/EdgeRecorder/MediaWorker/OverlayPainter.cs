using EdgeRecorder.Platform.Cairo;
using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>Text in the picture: the time in the upper left corner, the comment in the lower left one, each on a darkened ground.</summary>
internal sealed class OverlayPainter
{
    private const double PartOfHeight = 1 / 24.0;           // of the letters
    private const int SmallestLetters = 9;
    private static readonly (byte Red, byte Green, byte Blue) White = (255, 255, 255);

    private readonly MediaJob _job;
    private readonly (byte Red, byte Green, byte Blue) _color;
    private (int Width, int Height, string Text) _timeOf, _commentOf;
    private TextImage? _time, _comment;

    /// <exception cref="JobException">The libraries that draw text are not installed.</exception>
    public OverlayPainter(MediaJob job)
    {
        if (CairoLibraries.WhyNot is { } missing)
            throw new JobException(JobException.Unsupported, missing);
        _job = job;
        _color = job.Overlay?.Color is { } color ? JobRules.ColorOf(color) ?? White : White;
    }

    /// <param name="atMs">The picture's time in the footage.</param>
    public void Paint(Frame picture, long atMs)
    {
        var margin = picture.Height / 60;
        if (!string.IsNullOrEmpty(_job.Overlay!.TimeFormat))
        {
            var image = Drawn(ref _timeOf, ref _time, picture, TimeText.Of(_job, atMs, _job.Overlay.TimeFormat), lines: 1);
            Blend(picture, image, margin, margin);
        }
        if (!string.IsNullOrWhiteSpace(_job.Overlay.Comment))
        {
            var image = Drawn(ref _commentOf, ref _comment, picture, _job.Overlay.Comment, lines: 6);
            Blend(picture, image, margin, picture.Height - image.Height - margin);
        }
    }

    /// <summary>Drawn once for as long as the text stays the same.</summary>
    private static TextImage Drawn(ref (int, int, string) known, ref TextImage? image, Frame picture, string text, int lines)
    {
        if (image is not null && known == (picture.Width, picture.Height, text))
            return image;
        known = (picture.Width, picture.Height, text);
        var size = Math.Max(picture.Height * PartOfHeight, SmallestLetters);
        return image = TextImage.Draw(text, size, picture.Width - picture.Height / 30, Math.Min((int)(lines * size * 1.5), picture.Height / 2));
    }

    private void Blend(Frame picture, TextImage text, int left, int top)
    {
        (left, top) = (Math.Max(left, 0) & ~1, Math.Max(top, 0) & ~1);
        var (width, height) = (Math.Min(text.Width, picture.Width - left), Math.Min(text.Height, picture.Height - top));
        if (width <= 0 || height <= 0)
            return;
        var (y, cb, cr) = ToYuv(picture);
        var lowest = picture.IsFullRange ? 0 : 16;
        var luma = picture.Plane(0);
        for (var row = 0; row < height; row++)
        {
            var line = luma.Slice((top + row) * picture.Stride(0) + left, width);
            var coverage = text.Coverage.AsSpan(row * text.Width, width);
            for (var x = 0; x < width; x++)
            {
                var ground = lowest + (line[x] - lowest) / 3;
                line[x] = (byte)(ground + (y - ground) * coverage[x] / 255);
            }
        }
        for (var plane = 1; plane <= 2; plane++)
        {
            var chroma = picture.Plane(plane);
            var color = plane == 1 ? cb : cr;
            for (var row = 0; row < height / 2; row++)
            {
                var line = chroma.Slice((top / 2 + row) * picture.Stride(plane) + left / 2, width / 2);
                for (var x = 0; x < line.Length; x++)
                {
                    var at = row * 2 * text.Width + x * 2;
                    var coverage = (text.Coverage[at] + text.Coverage[at + 1] + text.Coverage[at + text.Width] + text.Coverage[at + text.Width + 1]) / 4;
                    var ground = 128 + (line[x] - 128) / 3;
                    line[x] = (byte)(ground + (color - ground) * coverage / 255);
                }
            }
        }
    }

    /// <summary>ITU-R BT.709 where the picture says so, otherwise BT.601.</summary>
    private (int Y, int Cb, int Cr) ToYuv(Frame picture)
    {
        var (red, blue) = picture.ColorSpace == AVColorSpace.AVCOL_SPC_BT709 ? (0.2126, 0.0722) : (0.299, 0.114);
        var luma = red * _color.Red + (1 - red - blue) * _color.Green + blue * _color.Blue;
        var (cb, cr) = ((_color.Blue - luma) / (2 * (1 - blue)), (_color.Red - luma) / (2 * (1 - red)));
        return picture.IsFullRange
            ? ((int)Math.Round(luma), Byte(128 + cb), Byte(128 + cr))
            : ((int)Math.Round(16 + luma * 219 / 255), Byte(128 + cb * 224 / 255), Byte(128 + cr * 224 / 255));

        static int Byte(double value) => (int)Math.Clamp(Math.Round(value), 0, 255);
    }
}
