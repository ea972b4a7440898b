namespace EdgeRecorder.Simulators.Terminal.Signalling;

/// <summary>0x0100. Maker, model and id have other widths in each edition.</summary>
/// <param name="PlateColour">0 = no plate, then <paramref name="Plate"/> is the VIN.</param>
internal sealed record Registration(ushort Province, ushort City, string Maker, string Model, string Id, byte PlateColour, string Plate)
{
    public byte[] Write(HeaderForm form)
    {
        var (maker, model, id) = form switch
        {
            HeaderForm.V2011 => (5, 8, 7),
            HeaderForm.V2013 or HeaderForm.V2013WithBit14 => (5, 20, 7),
            _ => (11, 30, 30),
        };
        var body = new BodyWriter();
        body.U16(Province);
        body.U16(City);
        body.Text(Maker, maker);
        body.Text(Model, model);
        body.Text(Id, id);
        body.U8(PlateColour);
        body.Text(Plate);
        return body.ToArray();
    }
}

/// <summary>0x0102.</summary>
/// <param name="Imei">Only in the edition of 2019, as is the software version.</param>
internal sealed record Authentication(byte[] Code, string Imei = "", string Software = "")
{
    public byte[] Write(HeaderForm form)
    {
        var body = new BodyWriter();
        if (!form.IsWide())
        {
            body.Bytes(Code);
            return body.ToArray();
        }
        body.U8(Code.Length);
        body.Bytes(Code);
        body.Text(Imei, 15);
        body.Text(Software, 20);
        return body.ToArray();
    }
}
