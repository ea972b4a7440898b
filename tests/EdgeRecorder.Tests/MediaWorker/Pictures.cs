using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.MediaWorker;

/// <summary>Pictures as ffmpeg decodes them: I420, one after the other.</summary>
internal sealed class Pictures(int width, int height, byte[] bytes)
{
    private int Size => width * height * 3 / 2;

    public int Count => bytes.Length / Size;

    public static async Task<Pictures> OfAsync(string path, int width, int height)
    {
        var bytes = await Tool.RunAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-");
        Assert.Equal(0, bytes.Length % (width * height * 3 / 2));
        return new(width, height, bytes);
    }

    public static async Task<Pictures> OfFootageAsync(byte[] footage, int width, int height)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("f.mp4"), footage);
        return await OfAsync(directory.File("f.mp4"), width, height);
    }

    public byte Luma(int picture, int x, int y) => bytes[picture * Size + y * width + x];
    public byte Cb(int picture, int x, int y) => bytes[picture * Size + width * height + y / 2 * (width / 2) + x / 2];
    public byte Cr(int picture, int x, int y) => bytes[picture * Size + width * height * 5 / 4 + y / 2 * (width / 2) + x / 2];

    /// <summary>Likeness of the brightness of two pictures in dB, over the pixels asked for.</summary>
    public double Psnr(int picture, Pictures other, int otherPicture, Func<int, int, bool>? counts = null, int shiftX = 0, int shiftY = 0)
    {
        double error = 0;
        var pixels = 0;
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                if (counts is null || counts(x, y))
                {
                    double difference = Luma(picture, x, y) - other.Luma(otherPicture, x + shiftX, y + shiftY);
                    error += difference * difference;
                    pixels++;
                }
        Assert.True(pixels > 100);
        return 10 * Math.Log10(255 * 255 / Math.Max(error / pixels, 1e-6));
    }
}
