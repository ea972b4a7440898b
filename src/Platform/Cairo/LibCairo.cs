using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Cairo;

/// <summary>The calls into cairo, pango and gobject that we make, under their own names.</summary>
internal static unsafe partial class LibCairo
{
    public const string Cairo = "libcairo.so.2", Pango = "libpango-1.0.so.0", PangoCairo = "libpangocairo-1.0.so.0", GObject = "libgobject-2.0.so.0";
    public const int CAIRO_FORMAT_RGB24 = 1, CAIRO_FORMAT_A8 = 2;
    public const int CAIRO_STATUS_SUCCESS = 0;
    public const int CAIRO_PDF_METADATA_TITLE = 0;
    public const int PANGO_SCALE = 1024, PANGO_WRAP_WORD_CHAR = 2, PANGO_ELLIPSIZE_END = 3;

    [LibraryImport(Cairo)]
    public static partial nint cairo_image_surface_create(int format, int width, int height);

    [LibraryImport(Cairo)]
    public static partial byte* cairo_image_surface_get_data(nint surface);

    [LibraryImport(Cairo)]
    public static partial int cairo_image_surface_get_stride(nint surface);

    [LibraryImport(Cairo)]
    public static partial int cairo_surface_status(nint surface);

    [LibraryImport(Cairo)]
    public static partial void cairo_surface_flush(nint surface);

    [LibraryImport(Cairo)]
    public static partial void cairo_surface_finish(nint surface);

    [LibraryImport(Cairo)]
    public static partial void cairo_surface_destroy(nint surface);

    [LibraryImport(Cairo, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cairo_surface_set_mime_data(nint surface, string type, byte* data, ulong length, nint destroy, nint closure);

    [LibraryImport(Cairo, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint cairo_pdf_surface_create(string path, double widthInPoints, double heightInPoints);

    [LibraryImport(Cairo, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void cairo_pdf_surface_set_metadata(nint surface, int metadata, string text);

    [LibraryImport(Cairo)]
    public static partial nint cairo_create(nint surface);

    [LibraryImport(Cairo)]
    public static partial void cairo_destroy(nint context);

    [LibraryImport(Cairo)]
    public static partial int cairo_status(nint context);

    [LibraryImport(Cairo)]
    public static partial nint cairo_status_to_string(int status);

    [LibraryImport(Cairo)]
    public static partial void cairo_save(nint context);

    [LibraryImport(Cairo)]
    public static partial void cairo_restore(nint context);

    [LibraryImport(Cairo)]
    public static partial void cairo_translate(nint context, double x, double y);

    [LibraryImport(Cairo)]
    public static partial void cairo_scale(nint context, double x, double y);

    [LibraryImport(Cairo)]
    public static partial void cairo_move_to(nint context, double x, double y);

    [LibraryImport(Cairo)]
    public static partial void cairo_set_source_rgb(nint context, double red, double green, double blue);

    [LibraryImport(Cairo)]
    public static partial void cairo_set_source_surface(nint context, nint surface, double x, double y);

    [LibraryImport(Cairo)]
    public static partial void cairo_paint(nint context);

    [LibraryImport(Cairo)]
    public static partial void cairo_show_page(nint context);

    [LibraryImport(PangoCairo)]
    public static partial nint pango_cairo_create_layout(nint context);

    [LibraryImport(PangoCairo)]
    public static partial void pango_cairo_show_layout(nint context, nint layout);

    [LibraryImport(Pango)]
    public static partial void pango_layout_set_text(nint layout, byte* text, int length);

    [LibraryImport(Pango)]
    public static partial void pango_layout_set_font_description(nint layout, nint description);

    [LibraryImport(Pango)]
    public static partial void pango_layout_set_width(nint layout, int width);

    [LibraryImport(Pango)]
    public static partial void pango_layout_set_height(nint layout, int height);

    [LibraryImport(Pango)]
    public static partial void pango_layout_set_wrap(nint layout, int wrap);

    [LibraryImport(Pango)]
    public static partial void pango_layout_set_ellipsize(nint layout, int ellipsize);

    [LibraryImport(Pango)]
    public static partial void pango_layout_get_pixel_size(nint layout, out int width, out int height);

    [LibraryImport(Pango, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint pango_font_description_from_string(string description);

    [LibraryImport(Pango)]
    public static partial void pango_font_description_set_absolute_size(nint description, double size);

    [LibraryImport(Pango)]
    public static partial void pango_font_description_free(nint description);

    [LibraryImport(GObject)]
    public static partial void g_object_unref(nint thing);
}
