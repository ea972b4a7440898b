using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Cairo;

/// <summary>A rectangle on a page, in fractions of it.</summary>
internal readonly record struct PageArea(double Left, double Top, double Right, double Bottom);

/// <summary>A PDF of one A4 page (cairo_surface_t): pictures as JPEG, embedded as they are, and text.</summary>
internal sealed unsafe class PdfPage : SafeHandle
{
    private const double ShortSide = 595.276, LongSide = 841.890;       // A4 in points
    private readonly double _width, _height;
    private readonly nint _context;
    private GCHandle _jpeg;

    public PdfPage(string path, bool landscape, string? title) : base(0, ownsHandle: true)
    {
        (_width, _height) = landscape ? (LongSide, ShortSide) : (ShortSide, LongSide);
        SetHandle(LibCairo.cairo_pdf_surface_create(path, _width, _height));
        CairoException.Check(LibCairo.cairo_surface_status(handle), "cairo_pdf_surface_create");
        if (!string.IsNullOrEmpty(title))
            LibCairo.cairo_pdf_surface_set_metadata(handle, LibCairo.CAIRO_PDF_METADATA_TITLE, TextLayout.Printable(title));
        _context = LibCairo.cairo_create(handle);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The picture, as large as the area allows, in its middle. Once.</summary>
    public void DrawJpeg(byte[] jpeg, int width, int height, PageArea area)
    {
        // The pixels of the surface are never drawn: a PDF surface takes the JPEG instead, byte by byte.
        var picture = LibCairo.cairo_image_surface_create(LibCairo.CAIRO_FORMAT_RGB24, width, height);
        try
        {
            CairoException.Check(LibCairo.cairo_surface_status(picture), "cairo_image_surface_create");
            _jpeg = GCHandle.Alloc(jpeg, GCHandleType.Pinned);      // read when the page is written, at the end
            CairoException.Check(LibCairo.cairo_surface_set_mime_data(picture, "image/jpeg", (byte*)_jpeg.AddrOfPinnedObject(), (ulong)jpeg.Length, 0, 0), "cairo_surface_set_mime_data");
            var (left, top, areaWidth, areaHeight) = Points(area);
            var scale = Math.Min(areaWidth / width, areaHeight / height);
            LibCairo.cairo_save(_context);
            LibCairo.cairo_translate(_context, left + (areaWidth - width * scale) / 2, top + (areaHeight - height * scale) / 2);
            LibCairo.cairo_scale(_context, scale, scale);
            LibCairo.cairo_set_source_surface(_context, picture, 0, 0);
            LibCairo.cairo_paint(_context);
            LibCairo.cairo_restore(_context);
            CairoException.Check(LibCairo.cairo_status(_context), "cairo_paint");
        }
        finally
        {
            LibCairo.cairo_surface_destroy(picture);
        }
    }

    /// <summary>Text from the upper left corner of the area on, smaller when it is much.</summary>
    public void DrawText(string text, double size, PageArea area, (byte Red, byte Green, byte Blue) color)
    {
        var (left, top, width, height) = Points(area);
        for (; ; size *= 0.8)
        {
            using var layout = new TextLayout(_context, text, size, width, (int)Math.Max(1, height / (size * 1.4)));
            if (layout.Size.Height > height && size > 5)
                continue;
            LibCairo.cairo_set_source_rgb(_context, color.Red / 255.0, color.Green / 255.0, color.Blue / 255.0);
            LibCairo.cairo_move_to(_context, left, top);
            layout.Show(_context);
            CairoException.Check(LibCairo.cairo_status(_context), "pango_cairo_show_layout");
            return;
        }
    }

    /// <summary>Writes what is left; the file is whole afterwards.</summary>
    public void Finish()
    {
        LibCairo.cairo_show_page(_context);
        CairoException.Check(LibCairo.cairo_status(_context), "cairo_show_page");
        LibCairo.cairo_surface_finish(handle);
        CairoException.Check(LibCairo.cairo_surface_status(handle), "cairo_surface_finish");
    }

    protected override bool ReleaseHandle()
    {
        LibCairo.cairo_destroy(_context);
        LibCairo.cairo_surface_destroy(handle);
        if (_jpeg.IsAllocated)
            _jpeg.Free();
        return true;
    }

    private (double Left, double Top, double Width, double Height) Points(PageArea area)
        => (area.Left * _width, area.Top * _height, (area.Right - area.Left) * _width, (area.Bottom - area.Top) * _height);
}
