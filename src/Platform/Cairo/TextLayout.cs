using System.Runtime.InteropServices;
using System.Text;

namespace EdgeRecorder.Platform.Cairo;

/// <summary>Text laid out by pango: any script, any character, none of them with a meaning (no markup, nothing to escape).</summary>
internal sealed unsafe class TextLayout : SafeHandle
{
    /// <summary>Longer texts are cut: laying out costs time.</summary>
    public const int LongestText = 4096;

    /// <param name="context">A cairo_t that outlives this.</param>
    /// <param name="size">Of the font, in units of the context.</param>
    /// <param name="width">Lines are broken here.</param>
    /// <param name="lines">What does not fit ends in an ellipsis.</param>
    public TextLayout(nint context, string text, double size, double width, int lines) : base(0, ownsHandle: true)
    {
        SetHandle(LibCairo.pango_cairo_create_layout(context));
        var description = LibCairo.pango_font_description_from_string("Sans");
        LibCairo.pango_font_description_set_absolute_size(description, Math.Clamp(size, 1, 1000) * LibCairo.PANGO_SCALE);
        LibCairo.pango_layout_set_font_description(handle, description);
        LibCairo.pango_font_description_free(description);
        LibCairo.pango_layout_set_width(handle, (int)(Math.Clamp(width, 1, 100_000) * LibCairo.PANGO_SCALE));
        LibCairo.pango_layout_set_wrap(handle, LibCairo.PANGO_WRAP_WORD_CHAR);
        LibCairo.pango_layout_set_ellipsize(handle, LibCairo.PANGO_ELLIPSIZE_END);
        LibCairo.pango_layout_set_height(handle, -Math.Max(lines, 1));      // negative: lines per paragraph
        var bytes = Encoding.UTF8.GetBytes(Printable(text));                 // lone surrogates become U+FFFD
        fixed (byte* first = bytes)
            LibCairo.pango_layout_set_text(handle, first, bytes.Length);
    }

    public override bool IsInvalid => handle == 0;

    public (int Width, int Height) Size
    {
        get
        {
            LibCairo.pango_layout_get_pixel_size(handle, out var width, out var height);
            return (width, height);
        }
    }

    public void Show(nint context) => LibCairo.pango_cairo_show_layout(context, handle);

    /// <summary>Control characters would be drawn as boxes with numbers; line ends stay.</summary>
    internal static string Printable(string text)
    {
        var cut = text.Length <= LongestText ? text : text[..LongestText];
        return string.Create(cut.Length, cut, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) && from[i] != '\n' ? ' ' : from[i];
        });
    }

    protected override bool ReleaseHandle()
    {
        LibCairo.g_object_unref(handle);
        return true;
    }
}

/// <summary>Text as coverage: 0 where there is none, 255 inside a letter.</summary>
/// <param name="Coverage">Rows of <paramref name="Width"/> bytes.</param>
internal sealed record TextImage(int Width, int Height, byte[] Coverage)
{
    /// <summary>Draws it; no larger than it needs to be, and never larger than asked for.</summary>
    /// <exception cref="CairoException">No memory.</exception>
    public static unsafe TextImage Draw(string text, double size, int maxWidth, int maxHeight)
    {
        if (maxWidth <= 0 || maxHeight <= 0)
            return new(0, 0, []);
        var (width, height) = Measure(text, size, maxWidth, Math.Max(1, (int)(maxHeight / (size * 1.4))));
        (width, height) = (Math.Min(width, maxWidth), Math.Min(height, maxHeight));
        if (width <= 0 || height <= 0)
            return new(0, 0, []);
        var surface = LibCairo.cairo_image_surface_create(LibCairo.CAIRO_FORMAT_A8, width, height);
        var context = LibCairo.cairo_create(surface);
        try
        {
            CairoException.Check(LibCairo.cairo_status(context), "cairo_create");
            LibCairo.cairo_set_source_rgb(context, 1, 1, 1);
            using (var layout = new TextLayout(context, text, size, maxWidth, Math.Max(1, (int)(maxHeight / (size * 1.4)))))
                layout.Show(context);
            CairoException.Check(LibCairo.cairo_status(context), "pango_cairo_show_layout");
            LibCairo.cairo_surface_flush(surface);
            var stride = LibCairo.cairo_image_surface_get_stride(surface);
            var coverage = new byte[width * height];
            var rows = new ReadOnlySpan<byte>(LibCairo.cairo_image_surface_get_data(surface), stride * height);
            for (var y = 0; y < height; y++)
                rows.Slice(y * stride, width).CopyTo(coverage.AsSpan(y * width));
            return new(width, height, coverage);
        }
        finally
        {
            LibCairo.cairo_destroy(context);
            LibCairo.cairo_surface_destroy(surface);
        }
    }

    private static (int Width, int Height) Measure(string text, double size, int maxWidth, int lines)
    {
        var surface = LibCairo.cairo_image_surface_create(LibCairo.CAIRO_FORMAT_A8, 1, 1);
        var context = LibCairo.cairo_create(surface);
        try
        {
            using var layout = new TextLayout(context, text, size, maxWidth, lines);
            return layout.Size;
        }
        finally
        {
            LibCairo.cairo_destroy(context);
            LibCairo.cairo_surface_destroy(surface);
        }
    }
}
