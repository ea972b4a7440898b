using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>What is done to each picture of a job: masks first, on the whole picture; then the crop; then text.</summary>
internal sealed class PictureWork(MediaJob job) : IDisposable
{
    private const int SmallestSide = 16;                    // what encoders take
    private const byte BlackLimited = 16, BlackFull = 0, NoColor = 128;
    private readonly OverlayPainter? _overlay = job.Overlay is null ? null : new OverlayPainter(job);
    private readonly Scaler _scaler = new();
    private MaskShape? _masks;

    /// <summary>Takes a decoded picture and gives one of ours, I420 with even sides; the one given is empty afterwards.</summary>
    public Frame MaskAndCrop(Frame decoded)
    {
        using var whole = Own(decoded);
        if (job.Masks is { Length: > 0 } masks)
        {
            if (_masks is null || (_masks.Width, _masks.Height) != (whole.Width, whole.Height))
                _masks = new MaskShape(whole.Width, whole.Height, masks);
            Blacken(whole, _masks);
        }
        return Crop(whole);
    }

    /// <param name="atMs">The picture's time in the footage.</param>
    public void Write(Frame picture, long atMs) => _overlay?.Paint(picture, atMs);

    public Frame Scale(Frame picture, int width, int height, bool fullRange) => _scaler.Scale(picture, width, height, fullRange);

    public void Dispose() => _scaler.Dispose();

    private Frame Own(Frame decoded)
    {
        if (!decoded.IsI420)
            return _scaler.Scale(decoded, decoded.Width, decoded.Height, decoded.IsFullRange);
        var own = new Frame();
        own.TakeFrom(decoded);
        own.MakeWritable();
        return own;
    }

    private static void Blacken(Frame picture, MaskShape masks)
    {
        var luma = picture.Plane(0);
        var cb = picture.Plane(1);
        var cr = picture.Plane(2);
        var black = picture.IsFullRange ? BlackFull : BlackLimited;
        for (var row = 0; row < masks.Rows; row++)
        {
            var covered = masks.Row(row);
            for (var column = 0; column < covered.Length; column++)
            {
                if (!covered[column])
                    continue;
                cb[row * picture.Stride(1) + column] = NoColor;
                cr[row * picture.Stride(2) + column] = NoColor;
                var across = Math.Min(2, picture.Width - column * 2);
                for (var y = row * 2; y < Math.Min(row * 2 + 2, picture.Height); y++)
                    luma.Slice(y * picture.Stride(0) + column * 2, across).Fill(black);
            }
        }
    }

    /// <summary>Sides are even and begin at even places: chroma has half as many pixels.</summary>
    private Frame Crop(Frame whole)
    {
        var area = job.Crop ?? [0, 0, 1, 1];
        var (left, top) = (Even(area[0] * whole.Width), Even(area[1] * whole.Height));
        var (width, height) = (Math.Min(Even(area[2] * whole.Width), whole.Width & ~1) - left, Math.Min(Even(area[3] * whole.Height), whole.Height & ~1) - top);
        if (width < SmallestSide || height < SmallestSide)
            throw new JobException(JobException.Unsupported, $"the crop leaves {width} × {height} of {whole.Width} × {whole.Height} pixels");
        if ((left, top, width, height) == (0, 0, whole.Width, whole.Height))
        {
            var same = new Frame();
            same.TakeFrom(whole);
            return same;
        }
        var cut = Frame.NewPicture(width, height, whole.IsFullRange);
        cut.CopyLooks(whole);
        for (var plane = 0; plane < 3; plane++)
        {
            var from = whole.Plane(plane);
            var to = cut.Plane(plane);
            var (x, y) = plane == 0 ? (left, top) : (left / 2, top / 2);
            for (var row = 0; row < cut.RowsOf(plane); row++)
                from.Slice((y + row) * whole.Stride(plane) + x, cut.ColumnsOf(plane)).CopyTo(to[(row * cut.Stride(plane))..]);
        }
        return cut;
    }

    private static int Even(double value) => (int)Math.Round(value / 2) * 2;
}
