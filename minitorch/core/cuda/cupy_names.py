"""What CuPy 14.2.0 has: names, parameters and types, read from the installed package.

``arrays.py`` makes the emulated module from it, so that what is not in CuPy is not in the emulation either. A function
is written ``name(parameter,default=,@keyword_only=,*rest)``; ``(...)`` where only compiled code knows them. A ufunc
stands behind the types it computes in (one letter a dtype, ``E`` for bfloat16), with ``:op`` if it has ``.at``.
``tests/cuda/test_backend.py`` compares the tables with CuPy where that is installed.
"""

VERSION = "14.2.0"

UFUNCS = {
    "?->? b->b B->B h->h H->H i->i I->I l->l L->L q->q Q->Q e->e E->E f->f d->d F->f D->d": ("abs absolute"),
    "e->e E->E f->f d->d F->F D->D": (
        "acos acosh arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh cos cosh exp exp2 expm1 i0 "
        "log log10 log1p log2 rint sin sinc sinh sqrt tan tanh"
    ),
    "??->? bb->b BB->B hh->h HH->H ii->i II->I ll->l LL->L qq->q QQ->Q ee->e EE->E ff->f dd->d FF->F DD->D": (
        "add:add fmax fmin maximum:max minimum:min multiply subtract:sub"
    ),
    "ee->e EE->E ff->f dd->d FF->F DD->D": ("arctan2 atan2 copysign hypot nextafter"),
    "??->? bb->b BB->B hh->h HH->H ii->i II->I ll->l LL->L qq->q QQ->Q": (
        "bitwise_and:and bitwise_or:or bitwise_xor:xor gcd lcm"
    ),
    "b->B B->B h->B H->B i->B I->B l->B L->B q->B Q->B": ("bitwise_count"),
    "?->? b->b B->B h->h H->H i->i I->I l->l L->L q->q Q->Q": ("bitwise_invert bitwise_not invert"),
    "bb->b BB->B hh->h HH->H ii->i II->I ll->l LL->L qq->q QQ->Q": (
        "bitwise_left_shift bitwise_right_shift left_shift right_shift"
    ),
    "e->e E->E f->f d->d": ("cbrt deg2rad degrees fabs rad2deg radians"),
    "?->? b->b B->B h->h H->H i->i I->I l->l L->L q->q Q->Q e->e E->E f->f d->d": ("ceil fix floor trunc"),
    "b->b B->B h->h H->H i->i I->I l->l L->L q->q Q->Q e->e E->E f->f d->d F->F D->D": (
        "conj conjugate reciprocal sign square"
    ),
    "qq->d qQ->d Qq->d QQ->d ee->e EE->E ff->f dd->d FF->F DD->D": ("divide true_divide"),
    "bb->bb BB->BB hh->hh HH->HH ii->ii II->II ll->ll LL->LL qq->qq QQ->QQ ee->ee ff->ff dd->dd": ("divmod"),
    "??->? qq->? QQ->? qQ->? Qq->? ee->? EE->? ff->? dd->? FF->? DD->? VV->?": ("equal not_equal"),
    "dd->d FF->D DD->D": ("float_power"),
    "bb->b BB->B hh->h HH->H ii->i II->I ll->l LL->L qq->q QQ->Q ee->e EE->E ff->f dd->d": (
        "floor_divide fmod mod remainder"
    ),
    "e->ei E->Ei f->fi d->di": ("frexp"),
    "??->? qq->? QQ->? qQ->? Qq->? ee->? EE->? ff->? dd->? FF->? DD->?": ("greater greater_equal less less_equal"),
    "ee->e EE->E ff->f dd->d": ("heaviside logaddexp logaddexp2"),
    "e->? E->? f->? d->? F->? D->?": ("isfinite isinf isnan"),
    "ei->e Ei->E fi->f el->e El->E fl->f di->d dq->d": ("ldexp"),
    "??->? qq->? QQ->? qQ->? Qq->? ee->? EE->? ff->? dd->?": ("logical_and logical_or"),
    "?->? b->? B->? h->? H->? i->? I->? l->? L->? q->? Q->? e->? f->? d->?": ("logical_not"),
    "??->? bb->? BB->? hh->? HH->? ii->? II->? ll->? LL->? qq->? QQ->? ee->? ff->? dd->?": ("logical_xor"),
    "e->ee E->EE f->ff d->dd": ("modf"),
    "?->? b->b B->B h->h H->H i->i I->I l->l L->L q->q Q->Q e->e E->E f->f d->d F->F D->D": ("negative positive"),
    "??->b bb->b BB->B hh->h HH->H ii->i II->I ll->l LL->L qq->q QQ->Q ee->e EE->E ff->f dd->d FF->F DD->D": (
        "pow power"
    ),
    "e->? E->? f->? d->?": ("signbit"),
}

FUNCTIONS = """
all(a,axis=,out=,keepdims=) allclose(a,b,rtol=,atol=,equal_nan=) amax(a,axis=,out=,keepdims=)
amin(a,axis=,out=,keepdims=) angle(z,deg=) any(a,axis=,out=,keepdims=) append(arr,values,axis=)
apply_along_axis(func1d,axis,arr,*args,**kwargs) apply_over_axes(func,a,axes) arange(start,stop=,step=,dtype=)
argmax(a,axis=,dtype=,out=,keepdims=) argmin(a,axis=,dtype=,out=,keepdims=) argpartition(a,kth,axis=)
argsort(a,axis=,kind=) argwhere(a) around(a,decimals=,out=)
array(obj,dtype=,copy=,order=,subok=,ndmin=,@blocking=) array2string(a,*args,**kwargs)
array_equal(a1,a2,equal_nan=) array_equiv(a1,a2) array_repr(arr,max_line_width=,precision=,suppress_small=)
array_split(ary,indices_or_sections,axis=) array_str(arr,max_line_width=,precision=,suppress_small=)
asanyarray(a,dtype=,order=,@copy=,@blocking=) asarray(a,dtype=,order=,@copy=,@blocking=)
asarray_chkfinite(a,dtype=,order=) ascontiguousarray(a,dtype=) asfortranarray(a,dtype=) astype(x,dtype,@copy=)
atleast_1d(*arys) atleast_2d(*arys) atleast_3d(*arys) average(a,axis=,weights=,returned=,@keepdims=)
bartlett(M) base_repr(number,base=,padding=) binary_repr(num,width=) bincount(x,weights=,minlength=)
blackman(M) broadcast_arrays(*args) broadcast_shapes(...) broadcast_to(array,shape)
can_cast(from_,to,casting=) choose(a,choices,out=,mode=) clip(a,a_min,a_max,out=) column_stack(tup)
common_type(*arrays) compress(condition,a,axis=,out=) concat(tup,axis=,out=,@dtype=,@casting=)
concatenate(tup,axis=,out=,@dtype=,@casting=) convolve(a,v,mode=) copy(a,order=)
copyto(dst,src,casting=,where=) corrcoef(a,y=,rowvar=,bias=,ddof=,@dtype=) correlate(a,v,mode=)
count_nonzero(a,axis=) cov(a,y=,rowvar=,bias=,ddof=,fweights=,aweights=,@dtype=)
cross(a,b,axisa=,axisb=,axisc=,axis=) cumprod(a,axis=,dtype=,out=) cumsum(a,axis=,dtype=,out=)
cumulative_prod(x,@axis=,@dtype=,@out=,@include_initial=)
cumulative_sum(x,@axis=,@dtype=,@out=,@include_initial=) delete(arr,indices,axis=) diag(v,k=)
diag_indices(n,ndim=) diag_indices_from(arr) diagflat(v,k=) diagonal(a,offset=,axis1=,axis2=)
diff(a,n=,axis=,prepend=,append=) digitize(x,bins,right=) dot(a,b,out=) dsplit(ary,indices_or_sections)
dstack(tup) ediff1d(arr,to_end=,to_begin=) einsum(*operands,**kwargs) empty(shape,dtype=,order=)
empty_like(prototype,dtype=,order=,subok=,shape=) expand_dims(a,axis) extract(condition,a)
eye(N,M=,k=,dtype=,order=) fill_diagonal(a,val,wrap=) flatnonzero(a) flip(a,axis=) fliplr(a) flipud(a)
format_float_positional(x,*args,**kwargs) format_float_scientific(x,*args,**kwargs)
fromfunction(*args,**kwargs) fromiter(*args,**kwargs) fromstring(*args,**kwargs)
full(shape,fill_value,dtype=,order=) full_like(a,fill_value,dtype=,order=,subok=,shape=)
gradient(f,*varargs,@axis=,@edge_order=) hamming(M) hanning(M) histogram(x,bins=,range=,density=,weights=)
histogram2d(x,y,bins=,range=,weights=,density=) histogramdd(sample,bins=,range=,weights=,density=)
hsplit(ary,indices_or_sections) hstack(tup,@dtype=,@casting=) identity(n,dtype=) imag(val)
indices(dimensions,dtype=) inner(a,b) interp(x,xp,fp,left=,right=,period=)
intersect1d(arr1,arr2,assume_unique=,return_indices=) isclose(a,b,rtol=,atol=,equal_nan=) iscomplex(x)
iscomplexobj(x) isdtype(...) isfortran(a) isin(element,test_elements,assume_unique=,invert=) isneginf(x,out=)
isposinf(x,out=) isreal(x) isrealobj(x) isscalar(element) issubdtype(...) iterable(...) ix_(*args)
kaiser(M,beta) kron(a,b) lexsort(keys) linspace(start,stop,num=,endpoint=,retstep=,dtype=,axis=)
logspace(start,stop,num=,endpoint=,base=,dtype=,axis=) mask_indices(n,mask_func,k=)
matmul(*args,@axes=,@axis=,@keepdims=,@casting=,@dtype=,@signature=,@order=,@out=) matrix_transpose(x)
max(a,axis=,out=,keepdims=) may_share_memory(a,b,max_work=) mean(a,axis=,dtype=,out=,keepdims=)
median(a,axis=,out=,overwrite_input=,keepdims=) meshgrid(*xi,**kwargs) min(a,axis=,out=,keepdims=)
min_scalar_type(...) mintypecode(...) moveaxis(a,source,destination) nan_to_num(x,copy=,nan=,posinf=,neginf=)
nanargmax(a,axis=,dtype=,out=,keepdims=) nanargmin(a,axis=,dtype=,out=,keepdims=)
nancumprod(a,axis=,dtype=,out=) nancumsum(a,axis=,dtype=,out=) nanmax(a,axis=,out=,keepdims=)
nanmean(a,axis=,dtype=,out=,keepdims=) nanmedian(a,axis=,out=,overwrite_input=,keepdims=)
nanmin(a,axis=,out=,keepdims=) nanprod(a,axis=,dtype=,out=,keepdims=)
nanstd(a,axis=,dtype=,out=,ddof=,keepdims=) nansum(a,axis=,dtype=,out=,keepdims=)
nanvar(a,axis=,dtype=,out=,ddof=,keepdims=) ndim(a) nonzero(a) ones(shape,dtype=,order=)
ones_like(a,dtype=,order=,subok=,shape=) outer(a,b,out=) packbits(a,axis=,bitorder=)
pad(array,pad_width,mode=,**kwargs) partition(a,kth,axis=)
percentile(a,q,axis=,out=,overwrite_input=,method=,keepdims=,@interpolation=) permute_dims(a,axes=)
piecewise(x,condlist,funclist) place(arr,mask,vals) poly(seq_of_zeros) polyadd(a1,a2)
polyfit(x,y,deg,rcond=,full=,w=,cov=) polymul(a1,a2) polysub(a1,a2) polyval(p,x)
prod(a,axis=,dtype=,out=,keepdims=) promote_types(...) ptp(a,axis=,out=,keepdims=) put(a,ind,v,mode=)
put_along_axis(arr,indices,values,axis) putmask(a,mask,values)
quantile(a,q,axis=,out=,overwrite_input=,method=,keepdims=,@interpolation=) ravel(a,order=)
ravel_multi_index(multi_index,dims,mode=,order=) real(val) real_if_close(a,tol=) repeat(a,repeats,axis=)
require(a,dtype=,requirements=) reshape(a,newshape,order=,@copy=) resize(a,new_shape)
result_type(*arrays_and_dtypes) roll(a,shift,axis=) rollaxis(a,axis,start=) roots(p) rot90(a,k=,axes=)
round(a,decimals=,out=) row_stack(tup,@dtype=,@casting=) searchsorted(a,v,side=,sorter=)
select(condlist,choicelist,default=) setdiff1d(ar1,ar2,assume_unique=) setxor1d(ar1,ar2,assume_unique=)
shape(a) shares_memory(a,b,max_work=) size(...) sort(a,axis=,kind=) sort_complex(a)
split(ary,indices_or_sections,axis=) squeeze(a,axis=) stack(tup,axis=,out=,@dtype=,@casting=)
std(a,axis=,dtype=,out=,ddof=,keepdims=) sum(a,axis=,dtype=,out=,keepdims=) swapaxes(a,axis1,axis2)
take(a,indices,axis=,out=) take_along_axis(a,indices,axis) tensordot(a,b,axes=) tile(A,reps)
trace(a,offset=,axis1=,axis2=,dtype=,out=) transpose(a,axes=) trapezoid(y,x=,dx=,axis=) tri(N,M=,k=,dtype=)
tril(m,k=) tril_indices(n,k=,m=) tril_indices_from(arr,k=) trim_zeros(filt,trim=) triu(m,k=)
triu_indices(n,k=,m=) triu_indices_from(arr,k=) typename(...) union1d(arr1,arr2)
unique(ar,return_index=,return_inverse=,return_counts=,axis=,@equal_nan=) unique_all(x) unique_counts(x)
unique_inverse(x) unique_values(x) unpackbits(a,axis=,bitorder=) unravel_index(indices,dims,order=)
unwrap(p,discont=,axis=,@period=) vander(x,N=,increasing=) var(a,axis=,dtype=,out=,ddof=,keepdims=) vdot(a,b)
vsplit(ary,indices_or_sections) vstack(tup,@dtype=,@casting=) where(condition,x=,y=)
zeros(shape,dtype=,order=) zeros_like(a,dtype=,order=,subok=,shape=)
"""

LINALG = """
cholesky(a) cond(x,p=) cross(x1,x2,@axis=) det(a) eig(a) eigh(a,UPLO=) eigvals(a) eigvalsh(a,UPLO=) inv(a)
lstsq(a,b,rcond=) matmul(*args,@axes=,@axis=,@keepdims=,@casting=,@dtype=,@signature=,@order=,@out=)
matrix_power(M,n) matrix_rank(M,tol=) matrix_transpose(a) norm(x,ord=,axis=,keepdims=) pinv(a,rcond=)
qr(a,mode=) slogdet(a) solve(a,b) svd(a,full_matrices=,compute_uv=) tensorinv(a,ind=) tensorsolve(a,b,axes=)
"""

FFT = """
fft(a,n=,axis=,norm=) fft2(a,s=,axes=,norm=) fftfreq(n,d=) fftn(a,s=,axes=,norm=) fftshift(x,axes=)
hfft(a,n=,axis=,norm=) ifft(a,n=,axis=,norm=) ifft2(a,s=,axes=,norm=) ifftn(a,s=,axes=,norm=)
ifftshift(x,axes=) ihfft(a,n=,axis=,norm=) irfft(a,n=,axis=,norm=) irfft2(a,s=,axes=,norm=)
irfftn(a,s=,axes=,norm=) rfft(a,n=,axis=,norm=) rfft2(a,s=,axes=,norm=) rfftfreq(n,d=) rfftn(a,s=,axes=,norm=)
"""

# the same objects as NumPy's
SHARED = """
bool bool_ broadcast_shapes byte cdouble complex128 complex64 complexfloating csingle double dtype e
euler_gamma finfo float16 float32 float64 floating generic get_printoptions half iinfo index_exp inexact inf
int16 int32 int64 int8 int_ intc integer intp isdtype issubdtype iterable long longlong mintypecode nan
ndindex newaxis number pi printoptions promote_types s_ set_printoptions short signedinteger single typename
ubyte uint uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong unsignedinteger ushort
"""

METHODS = """
T all any argmax argmin argpartition argsort astype base byteswap choose clip compress conj conjugate copy
cstruct cumprod cumsum data device diagonal dot dtype dump dumps fill flags flat flatten get imag item
itemsize mT max mdspan mean min nbytes ndim nonzero partition prod ptp put ravel real reduced_view repeat
reshape round scatter_add scatter_max scatter_min searchsorted set shape size sort squeeze std strides sum
swapaxes take toDlpack tobytes tofile tolist trace transpose var view
"""
