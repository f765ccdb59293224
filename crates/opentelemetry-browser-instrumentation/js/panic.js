function t(){const r=Error.stackTraceLimit;try{return Error.stackTraceLimit=50,new Error("panic").stack}catch{}finally{try{Error.stackTraceLimit=r}catch{}}}export{t as stack};
